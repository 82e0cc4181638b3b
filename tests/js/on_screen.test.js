import assert from "node:assert/strict";
import { test } from "node:test";

import { OnScreen } from "../../webapp/pages/static/gatehouse/js/on_screen.js";

// The browser's part is the test's: `sees` says which rows it found where.
class Observer {
  static all = [];

  constructor(callback) {
    Object.assign(this, { callback, rows: [], isOver: false });
    Observer.all.push(this);
  }

  observe(row) {
    this.rows.push(row);
  }

  disconnect() {
    this.isOver = true;
  }

  sees(conIds) {
    this.callback(this.rows.map((target) => ({ target, isIntersecting: conIds.includes(Number(target.dataset.conId)) })));
  }
}

function observed(conIds) {
  Observer.all = [];
  const told = [];
  const onScreen = new OnScreen({ changed: () => told.push(onScreen.conIds), Observer });
  onScreen.observe(rowsOf(conIds));
  return { onScreen, told, observer: () => Observer.all.at(-1) };
}

function rowsOf(conIds) {
  return conIds.map((conId) => ({ dataset: { conId: String(conId) } }));
}

test("rows come and go with the screen", () => {
  const { told, observer } = observed([1, 2, 3]);
  observer().sees([1, 2]);
  observer().sees([2, 3]);
  assert.deepEqual(told, [[1, 2], [2, 3]]);
});

test("a table that is painted anew keeps what was seen until its own rows are looked at", () => {
  const { onScreen, told, observer } = observed([1, 2, 3]);
  observer().sees([1, 2]);
  const before = observer();
  onScreen.observe(rowsOf([2, 3]));
  assert.equal(before.isOver, true);
  assert.deepEqual(onScreen.conIds, [1, 2]);
  observer().sees([3]);
  assert.deepEqual(told.at(-1), [3]);
});

test("a table without rows wants nothing", () => {
  const { onScreen, told, observer } = observed([1]);
  observer().sees([1]);
  onScreen.observe([]);
  assert.deepEqual(told.at(-1), []);
});
