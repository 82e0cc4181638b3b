import assert from "node:assert/strict";
import { test } from "node:test";

import { ageWords, isOld, qualityOf } from "../../webapp/pages/static/gatehouse/js/quality.js";

const LIVE = { at: "2026-01-05T15:30:00+00:00", market_data_type: "live", is_stale: false };
const NONE = { at: null, market_data_type: null, is_stale: false };

test("a quote says of what kind it is", () => {
  const words = ["live", "frozen", "delayed", "delayed_frozen"].map((kind) => qualityOf({ ...LIVE, market_data_type: kind }, true).word);
  assert.deepEqual(words, ["Live", "Frozen", "Delayed", "Delayed, frozen"]);
});

test("what the worker doubts is never called live, and a doubt that nobody can settle is said as such", () => {
  assert.deepEqual(qualityOf({ ...LIVE, is_stale: true }, true), { kind: "stale", word: "Stale" });
  assert.deepEqual(qualityOf({ ...LIVE, is_stale: null }, true), { kind: "quiet", word: "Quiet, not known why" });
});

test("nothing is called live while nobody keeps it current", () => {
  assert.equal(qualityOf(LIVE, false).word, "Not current");
  assert.equal(ageWords(500, true), "now");
  assert.equal(ageWords(500, false), "1 s");
});

test("without a quote there is no kind, no age and nothing old", () => {
  for (const current of [true, false]) assert.equal(qualityOf(NONE, current).word, "no data");
  assert.equal(ageWords(null, true), "");
  assert.equal(isOld(NONE, null), false);
  assert.equal(qualityOf({ ...LIVE, market_data_type: "of a later version" }, true).word, "no data");
});

test("a quote is old after a minute, and at once when it is doubted", () => {
  assert.equal(isOld(LIVE, 60_000), false);
  assert.equal(isOld(LIVE, 60_001), true);
  for (const doubt of [true, null]) assert.equal(isOld({ ...LIVE, is_stale: doubt }, 0), true);
});
