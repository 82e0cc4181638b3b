import assert from "node:assert/strict";
import { test } from "node:test";

import { enterMeans, Searched } from "../../webapp/pages/static/gatehouse/js/searched.js";

const typed = { isSubmit: false };

test("Enter takes what answers the question, once it does", () => {
  const searched = new Searched();
  assert.equal(searched.enter("q=AAPL"), false);
  searched.asks("q=AAPL", { isSubmit: true });
  assert.equal(searched.isAnswered(), true);
  assert.equal(searched.enter("q=AAPL"), true);
});

test("results of another question, or of other terms, are not taken", () => {
  const searched = new Searched();
  searched.asks("q=AAP", typed);
  assert.equal(searched.isAnswered(), false);
  assert.equal(searched.enter("q=AAPL"), false);
  assert.equal(searched.enter("q=AAP&currency=USD"), false);
});

test("who types on after Enter has nothing taken", () => {
  const searched = new Searched();
  searched.enter("q=A");
  searched.typed();
  searched.asks("q=AA", typed);
  assert.equal(searched.isAnswered(), false);
});

test("the same is asked again by a submit alone, or after a failure", () => {
  const searched = new Searched();
  assert.equal(searched.asks("q=A", typed), true);
  assert.equal(searched.asks("q=A", typed), false);
  assert.equal(searched.asks("q=A", { isSubmit: true }), true);
  searched.failed();
  assert.equal(searched.asks("q=A", typed), true);
});

test("a search that was cleared answers nothing", () => {
  const searched = new Searched();
  searched.asks("q=A", typed);
  searched.isAnswered();
  searched.forget();
  assert.equal(searched.enter("q=A"), false);
});

test("one result is taken, of several the first is gone to", () => {
  assert.deepEqual([0, 1, 2].map(enterMeans), ["nothing", "take", "choose"]);
});
