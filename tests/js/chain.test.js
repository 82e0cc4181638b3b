import assert from "node:assert/strict";
import { test } from "node:test";

import { MODEL, markOf, placeOfMoney } from "../../webapp/pages/static/gatehouse/js/chain.js";

test("the money is at the strike that is nearest to the price", () => {
  assert.equal(placeOfMoney(["185", "187.5", "190"], "188.9"), 2);
  assert.equal(placeOfMoney(["185", "187.5", "190"], "12"), 0);
});

test("without a price or without strikes the money is nowhere", () => {
  assert.equal(placeOfMoney(["185"], null), -1);
  assert.equal(placeOfMoney([], "185"), -1);
});

test("an underlying stands at its last trade, or between bid and ask, or nobody knows where", () => {
  assert.equal(markOf({ last: "190", bid: "1", ask: "2" }), "190");
  assert.equal(markOf({ last: null, bid: "1", ask: "2" }), 1.5);
  assert.equal(markOf({ last: null, bid: null, ask: "2" }), null);
});

test("what the model says is a percentage and a ratio, and nothing where it says nothing", () => {
  assert.equal(MODEL.implied_volatility("0.2449"), "24.5 %");
  assert.equal(MODEL.delta("-0.4803"), "-0.48");
  assert.equal(MODEL.delta("-0.001"), "0.00");
  for (const words of Object.values(MODEL)) assert.equal(words(null), null);
});
