import assert from "node:assert/strict";
import { test } from "node:test";

import { largestSize, share } from "../../webapp/pages/static/gatehouse/js/depth.js";

test("each size is drawn as its share of the largest on either side", () => {
  const largest = largestSize({ bids: [["1", "50", "A"]], asks: [["2", "200", "B"], ["3", "10", "B"]] });
  assert.equal(largest, 200);
  assert.deepEqual(["50", "200", "0"].map((size) => share(size, largest)), [25, 100, 0]);
});

test("an empty book has no shares", () => {
  assert.equal(share("0", largestSize({ bids: [], asks: [] })), 0);
});
