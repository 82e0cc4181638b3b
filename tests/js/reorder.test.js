import assert from "node:assert/strict";
import { test } from "node:test";

import { placeAt } from "../../webapp/pages/static/gatehouse/js/reorder.js";

// Four rows of ten pixels each.
const ROWS = [0, 10, 20, 30].map((start) => ({ start, size: 10 }));

test("a row that is dragged takes the place of the one whose middle it has passed", () => {
  const places = [0, 14, 16, 24, 26, 36, 99].map((at) => placeAt(at, ROWS, 0));
  assert.deepEqual(places, [0, 0, 1, 1, 2, 3, 3]);
});

test("a row dragged upwards comes before the one whose middle it has passed", () => {
  const places = [99, 26, 24, 14, 4, -50].map((at) => placeAt(at, ROWS, 3));
  assert.deepEqual(places, [3, 3, 2, 1, 0, 0]);
});

test("a row that isn't moved far keeps its place", () => {
  for (const here of [0, 1, 2, 3]) assert.equal(placeAt(here * 10 + 5, ROWS, here), here);
});
