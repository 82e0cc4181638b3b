import assert from "node:assert/strict";
import { test } from "node:test";

import { inWords } from "../../webapp/pages/static/gatehouse/js/times.js";

const NOW = new Date(2026, 10, 29, 12, 0, 0);

test("a time of today has no date, one of this year no year, and any other its year", () => {
  assert.doesNotMatch(inWords(new Date(2026, 10, 29, 9, 5, 1), NOW), /29|2026/);
  assert.match(inWords(new Date(2026, 10, 28, 9, 5, 1), NOW), /28/);
  assert.doesNotMatch(inWords(new Date(2026, 10, 28, 9, 5, 1), NOW), /2026/);
  assert.match(inWords(new Date(2027, 10, 29, 9, 5, 1), NOW), /2027/);
});
