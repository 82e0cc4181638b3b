import assert from "node:assert/strict";
import { test } from "node:test";

import { Axis } from "../../webapp/pages/static/gatehouse/js/axis.js";

const NEW_YORK = "America/New_York";
const intraday = { isDaily: false };

test("a bar stands where the exchange's clock stood", () => {
  const axis = new Axis(NEW_YORK);
  assert.equal(axis.second("2026-11-30T14:30:00+00:00"), Date.UTC(2026, 10, 30, 9, 30) / 1000);
  assert.equal(axis.second("2026-07-01T13:30:00+00:00"), axis.second("2026-11-30T14:30:00+00:00") + 1);
});

test("a day begins at midnight of its date", () => {
  const axis = new Axis(NEW_YORK);
  assert.equal(axis.second("2026-07-01T04:00:00+00:00"), Date.UTC(2026, 6, 1) / 1000);
  assert.equal(axis.second("2026-11-30T05:00:00+00:00"), Date.UTC(2026, 10, 30) / 1000);
});

test("in the hour that a clock shows twice no bar is before another, and each keeps its own label", () => {
  const axis = new Axis(NEW_YORK);
  const at = ["2026-11-01T05:00:00+00:00", "2026-11-01T05:30:00+00:00", "2026-11-01T06:00:00+00:00", "2026-11-01T06:30:00+00:00"];
  const seconds = at.map((one) => axis.second(one));
  assert.deepEqual(seconds, [...new Set(seconds)].sort((one, other) => one - other));
  assert.match(axis.label(seconds[2], intraday), /01:00/);
  assert.equal(axis.second(at[1]), seconds[1]);
});

test("a label is in the exchange's clock, and a second without a bar has none", () => {
  const axis = new Axis(NEW_YORK);
  const second = axis.second("2026-11-30T14:30:00+00:00");
  assert.match(axis.label(second, intraday), /30 Nov.*09:30/);
  assert.doesNotMatch(axis.label(second, { isDaily: true }), /09:30/);
  assert.equal(axis.label(second + 60, intraday), "");
});
