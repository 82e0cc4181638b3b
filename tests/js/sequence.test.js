import assert from "node:assert/strict";
import { test } from "node:test";

import { EventLine, QuoteLine } from "../../webapp/pages/static/gatehouse/js/sequence.js";

test("the next event is applied and an old one is dropped", () => {
  const line = new EventLine(4);
  assert.equal(line.take(5), "apply");
  assert.equal(line.take(5), "old");
  assert.equal(line.take(3), "old");
  assert.equal(line.number, 5);
});

test("a gap is asked for once, and then the events come in order", () => {
  const line = new EventLine(4);
  assert.equal(line.take(7), "ask");
  assert.equal(line.take(8), "wait");
  assert.deepEqual([5, 6, 7, 8].map((number) => line.take(number)), ["apply", "apply", "apply", "apply"]);
});

test("a new gap is asked for after the first one has been filled", () => {
  const line = new EventLine(0);
  line.take(2);
  line.take(1);
  line.take(2);
  assert.equal(line.take(4), "ask");
});

test("a greeting with a later number asks for what was missed, again after each reconnect", () => {
  const line = new EventLine(4);
  assert.equal(line.connected(4), null);
  assert.equal(line.connected(6), 4);
  assert.equal(line.connected(6), 4);
});

test("a quote frame must name the one before it", () => {
  const line = new QuoteLine();
  line.snapshot({ epoch: 2, seq: 10 });
  assert.equal(line.follows({ epoch: 2, prev: 10, seq: 13 }), true);
  assert.equal(line.follows({ epoch: 2, prev: 13, seq: 14 }), true);
  assert.equal(line.follows({ epoch: 2, prev: 15, seq: 16 }), false);
});

test("after a gap nothing follows before the next snapshot", () => {
  const line = new QuoteLine();
  line.snapshot({ epoch: 2, seq: 10 });
  line.follows({ epoch: 2, prev: 11, seq: 12 });
  assert.equal(line.follows({ epoch: 2, prev: 12, seq: 13 }), null);
  line.snapshot({ epoch: 2, seq: 14 });
  assert.equal(line.follows({ epoch: 2, prev: 14, seq: 15 }), true);
});

test("another epoch is a gap even when its numbers fit", () => {
  const line = new QuoteLine();
  line.snapshot({ epoch: 2, seq: 10 });
  assert.equal(line.follows({ epoch: 3, prev: 10, seq: 11 }), false);
});
