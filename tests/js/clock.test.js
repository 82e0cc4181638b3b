import assert from "node:assert/strict";
import { test } from "node:test";

const { hear } = await import("../../webapp/pages/static/gatehouse/js/clock.js");
const { ageOf } = await import("../../webapp/pages/static/gatehouse/js/newest.js");
const { noteTicks, tickWords } = await import("../../webapp/pages/static/gatehouse/js/ticks.js");

const NOON = Date.parse("2026-01-05T12:00:00Z");
const MINUTE = 60_000;
const at = (moment) => new Date(moment).toISOString();

// The server's clock says noon, and this browser's something else.
function says(context, ahead, { answeredAfter = 0 } = {}) {
  context.mock.timers.enable({ apis: ["Date"], now: NOON + ahead });
  hear(at(NOON), Date.now() - answeredAfter);
}

test("no tick has an age while none has come", () => {
  assert.equal(tickWords(), ", tick —");
});

test("an old tick is as old as the server says, whatever this browser's clock says", (context) => {
  const old = { at: at(NOON - 5 * MINUTE) };
  for (const ahead of [0, -10 * MINUTE, 10 * MINUTE]) {
    says(context, ahead);
    noteTicks([old]);
    assert.equal(tickWords(), ", tick 5 min");
    assert.equal(ageOf(old), 5 * MINUTE);
    context.mock.timers.reset();
  }
});

test("an answer that was long on its way makes nothing younger", (context) => {
  says(context, 0, { answeredAfter: 8_000 });
  assert.equal(ageOf({ at: at(NOON - 5_000) }), 13_000);
});

test("a tick from after now is now, and the ones before it are as much older", (context) => {
  says(context, 0);
  noteTicks([{ at: at(NOON + 4_000) }]);
  assert.equal(tickWords(), ", tick now");
  assert.equal(ageOf({ at: at(NOON) }), 4_000);
});

test("what has no quote has no age", () => {
  assert.equal(ageOf({ at: null }), null);
});
