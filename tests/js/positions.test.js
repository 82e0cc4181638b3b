import assert from "node:assert/strict";
import { test } from "node:test";

import { marketPrice, marketValue } from "../../webapp/pages/static/gatehouse/js/positions.js";

test("a position's price is the last one, or else what closing it would meet, and unknown without a quote", () => {
  assert.equal(marketPrice({ last: "190.02", bid: "190", ask: "190.04" }, "10"), "190.02");
  assert.equal(marketPrice({ last: null, bid: "1.08470", ask: "1.08475" }, "20000"), "1.08470");
  assert.equal(marketPrice({ last: null, bid: "1.08470", ask: "1.08475" }, "-20000"), "1.08475");
  assert.equal(marketPrice({ last: null, bid: null, ask: null }, "1"), null);
  assert.equal(marketPrice(undefined, "1"), null);
});

test("a value has its multiplier, its pence and its side, and is unknown where the multiplier is", () => {
  assert.equal(marketValue("-79", "190.02", { multiplier: "1", magnifier: "1" }), "-15,011.58");
  assert.equal(marketValue("2", "3.05", { multiplier: "100", magnifier: "1" }), "610.00");
  assert.equal(marketValue("1000", "72.46", { multiplier: "1", magnifier: "100" }), "724.60");
  assert.equal(marketValue("2", "3.05", { multiplier: "", magnifier: "1" }), null);
});
