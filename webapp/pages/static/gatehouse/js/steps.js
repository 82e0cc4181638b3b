// The steps that a price has to meet, as an attribute says them: `0:0.0001 5:0.001`, from each price upwards.
// `webapp/trading/price_steps.py` writes and reads the same.

import { decimalsOf } from "./format.js";

// The step that holds at a price. On its way down from an edge, a price already has the step below it.
export function stepAt(steps, price, by = 1) {
  const at = Math.abs(Number(price) || 0);
  const fitting = pairs(steps).filter(({ low }) => low < at || (low === at && (by > 0 || low === 0)));
  return fitting.at(-1)?.step ?? pairs(steps)[0]?.step ?? null;
}

// How many digits a price has where it stands; two when nobody said.
export function decimalsAt(steps, price) {
  const step = stepAt(steps, price);
  return step === null ? 2 : decimalsOf(step);
}

function pairs(steps) {
  return steps
    .split(" ")
    .filter(Boolean)
    .map((pair) => pair.split(":"))
    .map(([low, step]) => ({ low: Number(low), step }));
}
