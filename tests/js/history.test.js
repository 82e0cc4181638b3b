import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../webapp/pages/static/gatehouse/js/history.js";

// A server that answers when it is told to, and timers that run when they are told to.
function scene() {
  const asked = [], arrived = [], failed = [], timers = [];
  const history = new History({
    url: "/bars/",
    arrived: (answer, span) => arrived.push([span, answer.bars.length]),
    failed: (message) => failed.push(message),
    fetch: (url) => new Promise((resolve, reject) => asked.push({ url, reject, answer: (body) => resolve({ json: async () => body }) })),
    clock: { setTimeout: (act) => timers.push(act), clearTimeout: () => (timers.length = 0) },
  });
  return { history, asked, arrived, failed, timers };
}

const settled = () => new Promise(setImmediate);

test("the answer to an earlier wish is dropped", async () => {
  const { history, asked, arrived } = scene();
  history.ask("1d");
  history.ask("1w");
  asked[1].answer({ bars: [1, 2] });
  asked[0].answer({ bars: [1] });
  await settled();
  assert.deepEqual(asked.map(({ url }) => url), ["/bars/?span=1d", "/bars/?span=1w"]);
  assert.deepEqual(arrived, [["1w", 2]]);
  assert.equal(history.isAsking, false);
});

test("what was refused is said and asked for again, until it comes", async () => {
  const { history, asked, arrived, failed, timers } = scene();
  history.ask("1d");
  asked[0].answer({ message: "No permission." });
  await settled();
  assert.deepEqual(failed, ["No permission."]);
  timers[0]();
  asked[1].reject(new TypeError("network"));
  await settled();
  assert.match(failed[1], /server didn't answer/);
  timers.at(-1)();
  asked[2].answer({ bars: [1] });
  await settled();
  assert.deepEqual(arrived, [["1d", 1]]);
});

test("after nobody looks any more nothing is asked again", async () => {
  const { history, asked, failed, timers } = scene();
  history.ask("1d");
  history.stop();
  asked[0].answer({ message: "No permission." });
  await settled();
  assert.deepEqual([failed, timers], [[], []]);
});
