import assert from "node:assert/strict";
import { test } from "node:test";

import { Bars } from "../../webapp/pages/static/gatehouse/js/bars.js";

const LOADED = "2026-11-30T15:00:00+00:00";

function bar(minute, close = "1") {
  return { at: `2026-11-30T14:${String(minute).padStart(2, "0")}:00+00:00`, open: "1", high: "2", low: "1", close, volume: "7" };
}

function loaded(...minutes) {
  const bars = new Bars();
  bars.load({ bars: minutes.map((minute) => bar(minute)), loaded_at: LOADED });
  return bars;
}

const minutesOf = (bars) => bars.all.map(({ at }) => Number(at.slice(14, 16)));

test("the newest bar grows, and the next one follows it", () => {
  const bars = loaded(1, 2);
  assert.deepEqual(bars.apply({ bars: [bar(1), bar(2, "1.5")], loaded_at: LOADED }), [bar(2, "1.5")]);
  assert.deepEqual(bars.apply({ bars: [bar(1), bar(2, "1.6"), bar(3)], loaded_at: LOADED }), [bar(2, "1.6"), bar(3)]);
  assert.deepEqual(minutesOf(bars), [1, 2, 3]);
  assert.equal(bars.all[1].close, "1.6");
});

test("what is the same is no change", () => {
  assert.deepEqual(loaded(1, 2).apply({ bars: [bar(1), bar(2)], loaded_at: LOADED }), []);
});

test("bars behind a gap, or of another past, ask for the past again and change nothing", () => {
  const bars = loaded(1, 2);
  assert.equal(bars.apply({ bars: [bar(4), bar(5)], loaded_at: LOADED }), null);
  assert.equal(bars.apply({ bars: [bar(2), bar(3)], loaded_at: "2026-11-30T15:09:00+00:00" }), null);
  assert.deepEqual(minutesOf(bars), [1, 2]);
});

test("a bar that is missing within the known ones asks for the past again", () => {
  assert.equal(loaded(1, 3).apply({ bars: [bar(1), bar(2), bar(3)], loaded_at: LOADED }), null);
});

test("bars that come before any past was read say nothing", () => {
  assert.deepEqual(loaded(1).apply({ bars: [bar(2)], loaded_at: null }), []);
  assert.deepEqual(loaded(1).apply({ bars: [], loaded_at: LOADED }), []);
});

test("a chart without a past begins with the first bar", () => {
  const bars = loaded();
  assert.deepEqual(bars.apply({ bars: [bar(1)], loaded_at: LOADED }), [bar(1)]);
});
