import assert from "node:assert/strict";
import { test } from "node:test";

import { stepped } from "../../webapp/pages/static/gatehouse/js/decimal.js";

test("a price steps by the increment without losing a digit", () => {
  assert.equal(stepped("189.99", "0.01", 1), "190.00");
  assert.equal(stepped("190", "0.01", -1), "189.99");
  assert.equal(stepped("1.08005", "0.00005", 1), "1.08010");
  assert.equal(stepped("0.1", "0.1", 1), "0.2");
  assert.equal(stepped("99999999999999999.01", "0.01", 1), "99999999999999999.02");
});

test("a price between two steps lands on the next one in that direction", () => {
  assert.equal(stepped("1.005", "0.01", 1), "1.01");
  assert.equal(stepped("1.005", "0.01", -1), "1.00");
});

test("stepping stops at zero", () => {
  assert.equal(stepped("0", "0.01", -1), "0.00");
  assert.equal(stepped("0.004", "0.01", -1), "0.00");
});

test("below zero is stepped to where an instrument may trade there", () => {
  assert.equal(stepped("0", "0.01", -1, true), "-0.01");
  assert.equal(stepped("-0.01", "0.01", 1, true), "0.00");
  assert.equal(stepped("-1.25", "0.05", -1, true), "-1.30");
  assert.equal(stepped("-1.255", "0.01", 1, true), "-1.25");
  assert.equal(stepped("-1.255", "0.01", -1, true), "-1.26");
  assert.equal(stepped("", "1", -1, true), "-1");
  for (const text of ["-", ".", "-.", "--1", "1-"]) assert.equal(stepped(text, "0.01", 1, true), null);
});

test("an empty field starts at zero", () => {
  assert.equal(stepped("", "1", 1), "1");
});

test("what is no number is left alone", () => {
  for (const text of ["abc", "1e3", "-1", ".", "1,5", "1.2.3"]) assert.equal(stepped(text, "0.01", 1), null);
});

test("a step of zero steps nowhere", () => {
  assert.equal(stepped("5", "0", 1), null);
});
