import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { matches: () => false } };
const { showEstimate } = await import("../../webapp/pages/static/gatehouse/js/estimate.js");
const { newest } = await import("../../webapp/pages/static/gatehouse/js/newest.js");

const AT = "2026-01-05T15:30:00+00:00";
const quote = { con_id: 1, bid: "189.9", ask: "189.93", last: null, at: AT, market_data_type: "live", is_stale: false };

// A review of a market order for ten; `told` is what the server wrote into it.
function review(told = {}) {
  const line = { dataset: { ...told }, textContent: "" };
  const why = { hidden: false };
  const empty = { value: "", closest: () => null };
  return {
    line,
    why,
    dataset: { currency: "USD", multiplier: "1", magnifier: "1", priceSteps: "0:0.01" },
    elements: { con_id: { value: "1" }, side: { value: "BUY" }, quantity: { value: "10" }, limit_price: empty, stop_price: empty, trail_stop_price: empty },
    querySelector: (selector) => (selector === "[data-comes-to]" ? line : why),
  };
}

function after(context, form, seconds) {
  context.mock.timers.setTime(Date.parse(AT) + seconds * 1000);
  showEstimate(form);
  return form.line.textContent;
}

test.beforeEach((context) => {
  newest.clear();
  context.mock.timers.enable({ apis: ["Date"] });
});

test("an estimate ages with its quote, and isn't current once the quote is gone", (context) => {
  const form = review();
  newest.set("1", quote);
  assert.equal(after(context, form, 2), "1,899.30 USD at the ask of 189.93, 2 s ago");
  assert.equal(after(context, form, 3), "1,899.30 USD at the ask of 189.93, 3 s ago");
  newest.clear();
  assert.equal(after(context, form, 8), "1,899.30 USD at the ask of 189.93, Not current, 8 s ago");
  assert.equal(after(context, form, 70), "1,899.30 USD at the ask of 189.93, Not current, 1 min ago");
  newest.set("1", { ...quote, ask: null });
  assert.equal(after(context, form, 130), "1,899.30 USD at the ask of 189.93, Not current, 2 min ago");
  newest.set("1", { ...quote, ask: "190" });
  assert.equal(after(context, form, 1), "1,900.00 USD at the ask of 190.00, just now");
});

test("what the server could say ages too while no quote comes", (context) => {
  const form = review({ amount: "1,900.00 USD at the ask of 190.00", at: AT });
  assert.equal(after(context, form, 0), "1,900.00 USD at the ask of 190.00, Not current, 1 s ago");
  assert.equal(after(context, form, 12), "1,900.00 USD at the ask of 190.00, Not current, 12 s ago");
});

test("of what nobody can say nothing is said", (context) => {
  const form = review();
  assert.equal(after(context, form, 5), "");
  assert.equal(form.why.hidden, false);
});
