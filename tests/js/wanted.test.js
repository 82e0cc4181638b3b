import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Wanted } from "../../webapp/pages/static/gatehouse/js/wanted.js";

function begun() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const wanted = new Wanted();
  wanted.begin((conIds) => told.push(conIds));
  return { wanted, told };
}

test("what is shown here and there is told as one set, each instrument once", () => {
  const { wanted, told } = begun();
  wanted.want("rows", [1, 2]);
  mock.timers.tick(150);
  wanted.want("ticket", ["2"]);
  wanted.want("positions", ["3"]);
  mock.timers.tick(150);
  assert.deepEqual(told, [[], [1, 2], [2, 3, 1]]);
});

test("nothing is told before somebody listens, and then all of it at once", () => {
  const told = [];
  const wanted = new Wanted();
  wanted.want("rows", [1]);
  wanted.begin((conIds) => told.push(conIds));
  assert.deepEqual(told, [[1]]);
});

test("the same set in another order is not told again", () => {
  const { wanted, told } = begun();
  wanted.want("rows", [1, 2]);
  mock.timers.tick(150);
  wanted.want("rows", [2, 1]);
  mock.timers.tick(1000);
  assert.equal(told.length, 2);
});

test("rows that rush by while somebody scrolls are told once in a while, and the last of them always", () => {
  const { wanted, told } = begun();
  mock.timers.tick(150);
  for (const row of [1, 2, 3, 4, 5]) wanted.want("rows", [row]);
  assert.deepEqual(told, [[], [1]]);
  mock.timers.tick(150);
  assert.deepEqual(told, [[], [1], [5]]);
  mock.timers.tick(1000);
  assert.equal(told.length, 3);
});

test("a page that nobody looks at wants nothing, at once; and everything again when somebody does", () => {
  const { wanted, told } = begun();
  wanted.want("rows", [1, 2]);
  wanted.rest();
  assert.deepEqual(told.at(-1), []);
  wanted.want("rows", [3]);
  mock.timers.tick(1000);
  assert.deepEqual(told.at(-1), []);
  wanted.wake();
  assert.deepEqual(told.at(-1), [3]);
});

test("of more than one browser may have, what is held and what is about to be ordered goes before rows", () => {
  const { wanted, told } = begun();
  wanted.want("rows", Array.from({ length: 120 }, (_, place) => 1000 + place));
  mock.timers.tick(150);
  wanted.want("positions", [1]);
  wanted.want("ticket", [2]);
  mock.timers.tick(300);
  assert.equal(told.at(-1).length, 100);
  assert.deepEqual(told.at(-1).slice(0, 3), [1, 2, 1000]);
});
