import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

globalThis.matchMedia ??= () => ({ matches: true });
const { actions, mayTrade, stateWords, whyNotReady } = await import("../../webapp/pages/static/gatehouse/js/session.js");
const { killSwitchWords } = await import("../../webapp/pages/static/gatehouse/js/kill_switch.js");
const { left } = await import("../../webapp/pages/static/gatehouse/js/second_factor.js");
const { alertLabel } = await import("../../webapp/pages/static/gatehouse/js/alerts.js");
const { liveTradingLabel } = await import("../../webapp/pages/static/gatehouse/js/live_trading.js");
const { farLimit } = await import("../../webapp/pages/static/gatehouse/js/ticket.js");
const { comesTo, metBy, metWords, orderValue, whenWords } = await import("../../webapp/pages/static/gatehouse/js/order_value.js");
const { stopWords } = await import("../../webapp/pages/static/gatehouse/js/orders.js");
const { shownTerms } = await import("../../webapp/pages/static/gatehouse/js/terms.js");
const { commission, corrects, realizedPnl } = await import("../../webapp/pages/static/gatehouse/js/fills.js");
const { age } = await import("../../webapp/pages/static/gatehouse/js/times.js");

const cases = JSON.parse(readFileSync(new URL("../webapp/pages/word_cases.json", import.meta.url)));

test("an order comes to what the server says", () => {
  for (const { quantity, price, multiplier, magnifier, value } of cases.order_value)
    assert.equal(orderValue(quantity, price, multiplier, String(magnifier)), value);
  for (const [quantity, price] of [["1e3", "171.6"], ["10", "0"], ["", "1"]]) assert.equal(orderValue(quantity, price, "1"), null);
});

test("an order without a price of its own meets the side of the quote that the server names", () => {
  for (const { side, quote, text } of cases.met) {
    const met = metBy(side, quote);
    assert.equal(met && metWords(met, "0:0.01"), text);
  }
});

test("a quote is as old, and of the kind, that the server says", () => {
  for (const { seconds, text, ...quote } of cases.when)
    assert.equal(whenWords({ ...quote, at: "2026-01-05T15:30:00+00:00" }, seconds * 1000, true), text);
});

test("a ticket comes to its own price, or to what it would meet; without either nobody can say", () => {
  const form = (values) => ({
    dataset: { currency: "USD", multiplier: "1", magnifier: "1", priceSteps: "0:0.01" },
    elements: Object.fromEntries(
      ["limit_price", "stop_price", "trail_stop_price", "quantity", "side"].map((name) => [name, { value: values[name] ?? "", closest: () => null }]),
    ),
  });
  const quote = { bid: "189.9", ask: "189.93", last: null };
  assert.equal(comesTo(form({ quantity: "10", side: "BUY" }), quote), "1,899.30 USD at the ask of 189.93");
  assert.equal(comesTo(form({ quantity: "10", side: "SELL" }), quote), "1,899.00 USD at the bid of 189.90");
  assert.equal(comesTo(form({ quantity: "10", side: "BUY", limit_price: "180" }), quote), "1,800.00 USD");
  assert.equal(comesTo(form({ quantity: "10", side: "BUY", trail_stop_price: "180" }), undefined), "1,800.00 USD");
  for (const unknown of [undefined, { bid: "189.9", ask: null, last: null }]) assert.ok(!comesTo(form({ quantity: "10", side: "BUY" }), unknown));
  assert.ok(!comesTo(form({ quantity: "", side: "BUY" }), quote));
});

test("what wakes an order reads as the server writes it", () => {
  for (const { order, text } of cases.stop_words) assert.equal(stopWords(order, () => 2), text);
});

test("a type's fields come and go with it and with its time in force", () => {
  const limit = { terms: ["limit_price", "outside_rth", "exits"], brief: ["IOC"] };
  assert.deepEqual([...shownTerms(limit, "DAY")], ["limit_price", "outside_rth", "exits"]);
  assert.deepEqual([...shownTerms(limit, "IOC")], ["limit_price", "exits"]);
  assert.deepEqual([...shownTerms(limit, "GTD")], ["limit_price", "outside_rth", "exits", "good_till"]);
});

test("a session that waits for its worker is not called stopped", () => {
  const words = {
    waiting: { label: "Waiting" },
    suspended: { label: "Suspended" },
    lost: { label: "Worker lost" },
    broker_away: { label: "Broker not reachable" },
    states: { STOPPED: { label: "Stopped" } },
  };
  for (const { why, label, ...body } of cases.state) {
    assert.equal(stateWords(body, words).label, label);
    assert.equal(whyNotReady({ label }, body), why);
  }
});

test("a limit far on the harmful side of the price on screen is said", () => {
  const last = { name: "last price", price: "100.0" };
  assert.equal(farLimit("BUY", "152", last), "This limit is 52 % above the last price.");
  assert.equal(farLimit("SELL", "48", last), "This limit is 52 % below the last price.");
  assert.equal(farLimit("SELL", "80", { name: "bid", price: "100" }), "This limit is 20 % below the bid.");
  for (const [side, limit] of [["BUY", "110"], ["BUY", "50"], ["SELL", "152"], ["SELL", "90"], ["BUY", "abc"], ["BUY", ""]])
    assert.equal(farLimit(side, limit, last), "");
  assert.equal(farLimit("BUY", "152", { name: "ask", price: undefined }), "");
});

test("whether it may trade reads as the server writes it", () => {
  for (const { allowed, reason, text } of cases.may_trade)
    assert.equal(mayTrade({ may_trade: allowed, may_trade_reason: reason }), text);
});

test("a kill switch reads as the server writes it", () => {
  for (const { body, text } of cases.kill_switch) assert.equal(killSwitchWords(body), text);
});

test("what a session offers is what the server offers", () => {
  for (const { state, desired_state, allowed, offered } of cases.actions)
    assert.deepEqual(actions({ state, desired_state }, { actions: allowed }), offered);
});

test("what is left of a second factor's time reads as a clock", () => {
  assert.equal(left(180_000), "3:00 left to approve it");
  assert.equal(left(124_001), "2:05 left to approve it");
  assert.equal(left(1), "0:01 left to approve it");
  assert.equal(left(0), "Its time is over");
  assert.equal(left(-5_000), "Its time is over");
});

test("an alert and its end read as the server writes them", () => {
  for (const { alert, label } of cases.alert) assert.equal(alertLabel({ alert }), label);
});

test("live trading turned on and off reads as the server writes it", () => {
  for (const { on, label } of cases.live_trading) assert.equal(liveTradingLabel({ on }), label);
});

test("a correction takes the place of its own fill alone", () => {
  assert.ok(corrects("0000e0d5.6a1b2c3d.01.02", "0000e0d5.6a1b2c3d.01.01"));
  assert.ok(!corrects("0000e0d5.6a1b2c3d.01.01", "0000e0d5.6a1b2c3d.01.02"));
  assert.ok(!corrects("0000e0d5.6a1b2c3d.02.02", "0000e0d5.6a1b2c3d.01.01"));
  assert.ok(!corrects("elsewhere-2", "elsewhere-1"));
});

test("a commission is unknown until it comes, and carries its own currency", () => {
  assert.equal(commission({ commission: null, commission_currency: null }), null);
  assert.equal(commission({ commission: "1", commission_currency: "USD" }), "1.00 USD");
  assert.equal(commission({ commission: "0", commission_currency: "EUR" }), "0.00 EUR");
});

test("what was realized has a sign, and is unknown where none was reported", () => {
  assert.equal(realizedPnl({ realized_pnl: null, commission_currency: "USD" }), null);
  assert.equal(realizedPnl({ realized_pnl: "12.345", commission_currency: "USD" }), "+12.35 USD");
  assert.equal(realizedPnl({ realized_pnl: "-3", commission_currency: "EUR" }), "-3.00 EUR");
});

test("an age is told in its largest unit", () => {
  assert.deepEqual([-50, 900, 12_000, 61_000, 7_300_000].map((milliseconds) => age(milliseconds)), ["now", "now", "12 s", "1 min", "2 h"]);
});
