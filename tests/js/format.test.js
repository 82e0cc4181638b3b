import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { average, decimalsOf, number, percent, signed } from "../../webapp/pages/static/gatehouse/js/format.js";

const cases = JSON.parse(readFileSync(new URL("../webapp/pages/number_cases.json", import.meta.url)));

test("numbers read as the server writes them", () => {
  for (const [text, decimals, shown] of cases.number) assert.equal(number(text, decimals), shown);
});

test("averages read as the server writes them", () => {
  for (const [text, decimals, shown] of cases.average) assert.equal(average(text, decimals), shown);
});

test("signed numbers read as the server writes them", () => {
  for (const [text, decimals, shown] of cases.signed) assert.equal(signed(text, decimals), shown);
});

test("an increment says how many decimals a price has", () => {
  for (const [increment, decimals] of cases.decimals_of) assert.equal(decimalsOf(increment), decimals);
});

test("a percentage is unknown without a close to compare with", () => {
  assert.equal(percent("1.5", "100"), "+1.50");
  assert.equal(percent("-0.25", "50"), "-0.50");
  assert.equal(percent("0", "50"), "0.00");
  assert.equal(percent(null, "50"), null);
  assert.equal(percent("1", null), null);
  assert.equal(percent("1", "0"), null);
});
