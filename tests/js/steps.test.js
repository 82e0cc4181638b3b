import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { quotient } from "../../webapp/pages/static/gatehouse/js/decimal.js";
import { decimalsAt, stepAt } from "../../webapp/pages/static/gatehouse/js/steps.js";

const cases = JSON.parse(readFileSync(new URL("../webapp/pages/number_cases.json", import.meta.url)));

test("a price has the step, and the digits, that the server gives it", () => {
  for (const [steps, price, step, decimals] of cases.steps) {
    assert.equal(stepAt(steps, price), step);
    assert.equal(decimalsAt(steps, price), decimals);
  }
});

test("a price on an edge steps down by the finer step beneath it", () => {
  assert.equal(stepAt("0:0.001 10:0.005", "10", -1), "0.001");
  assert.equal(stepAt("0:0.001 10:0.005", "10", 1), "0.005");
  assert.equal(stepAt("0:0.001 10:0.005", "0", -1), "0.001");
});

test("pence become pounds by moving the point", () => {
  assert.equal(quotient("7250", "100"), "72.50");
  assert.equal(quotient("5", "100"), "0.05");
  assert.equal(quotient("1.25", "1"), "1.25");
});
