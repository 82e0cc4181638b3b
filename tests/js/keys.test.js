import assert from "node:assert/strict";
import { test } from "node:test";

import { meaningOf, placeAfter } from "../../webapp/pages/static/gatehouse/js/keys.js";

const FREE = { isTyping: false, singleKeys: true };
const KEYS = { "/": "search", "?": "help", b: "buy", s: "sell", ArrowDown: "next", ArrowUp: "previous", Home: "first", End: "last", Enter: "open", Delete: "remove" };

function pressed(key, event = {}, place = {}) {
  return meaningOf({ key, ...event }, { ...FREE, ...place });
}

test("each key means one thing", () => {
  for (const [key, meaning] of Object.entries(KEYS)) assert.equal(pressed(key), meaning);
  for (const key of ["x", "B", "Escape", "Tab", "toString", "constructor"]) assert.equal(pressed(key), null);
});

test("no key means anything while somebody types or composes a letter", () => {
  for (const key of Object.keys(KEYS)) {
    assert.equal(pressed(key, {}, { isTyping: true }), null);
    assert.equal(pressed(key, { isComposing: true }), null);
  }
});

test("no key means anything with another one held, but for Alt, with which arrows move the row", () => {
  for (const key of Object.keys(KEYS)) {
    for (const held of ["ctrlKey", "metaKey"]) assert.equal(pressed(key, { [held]: true }), null);
  }
  assert.equal(pressed("ArrowUp", { altKey: true }), "move-up");
  assert.equal(pressed("ArrowDown", { altKey: true }), "move-down");
  assert.equal(pressed("b", { altKey: true }), null);
});

test("a key that something else has used already means nothing here", () => {
  assert.equal(pressed("ArrowDown", { defaultPrevented: true }), null);
});

test("single keys can be turned off, and the others go on", () => {
  for (const key of ["/", "?", "b", "s"]) assert.equal(pressed(key, {}, { singleKeys: false }), null);
  assert.equal(pressed("ArrowDown", {}, { singleKeys: false }), "next");
});

test("a key that is held down opens one ticket, and goes on through the rows", () => {
  assert.equal(pressed("b", { repeat: true }), null);
  assert.equal(pressed("ArrowDown", { repeat: true }), "next");
});

test("arrows stop at the ends", () => {
  const places = ["previous", "next", "first", "last"].map((meaning) => [0, 2, 4].map((place) => placeAfter(meaning, place, 5)));
  assert.deepEqual(places, [[0, 1, 3], [1, 3, 4], [0, 0, 0], [4, 4, 4]]);
});
