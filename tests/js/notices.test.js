import assert from "node:assert/strict";
import { test } from "node:test";

import { ofEarlierSession, timesWords, withNotice } from "../../webapp/pages/static/gatehouse/js/notices.js";

const saying = (message, second, code = 2152) => ({ at: `2026-01-05T15:30:0${second}+00:00`, body: { code, message } });
const tell = (told, ...events) => events.reduce(withNotice, told);

test("the same code and words are one notice with a count and its newest time, at the top", () => {
  const told = tell([], saying("Depth is limited", 1), saying("Farm is down", 2, 2103), saying("Depth is limited", 3));
  assert.deepEqual(told.map(({ message, at, times }) => [message, at.slice(17, 19), times]), [["Depth is limited", "03", 2], ["Farm is down", "02", 1]]);
});

test("other words or another code are another notice", () => {
  assert.equal(tell([], saying("a", 1), saying("b", 2), saying("a", 3, 10090)).length, 3);
});

test("what an earlier session said stays as it was, and is told anew", () => {
  const told = tell(ofEarlierSession(tell([], saying("a", 1), saying("a", 2))), saying("a", 3));
  assert.deepEqual(told.map(({ times }) => times), [1, 2]);
});

test("ten are kept, the newest", () => {
  const told = tell([], ...Array.from({ length: 12 }, (_, place) => saying(`notice ${place}`, 1)));
  assert.deepEqual([told.length, told[0].message], [10, "notice 11"]);
});

test("a count that isn't known to the end says so", () => {
  assert.equal(timesWords({ times: 1 }), "");
  assert.equal(timesWords({ times: 3 }), "3 times");
  assert.equal(timesWords({ times: 1990, atLeast: true }), "1990 or more times");
});
