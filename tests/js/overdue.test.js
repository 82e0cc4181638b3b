import assert from "node:assert/strict";
import { test } from "node:test";

const { Overdue } = await import("../../webapp/pages/static/gatehouse/js/overdue.js");

test("an order whose cancel nobody answered is read anew, once", async () => {
  const found = await new Promise((resolve) => {
    new Overdue({ read: async (id) => ({ id, can_cancel: true }), found: resolve, after: 1 }).watch("a", true);
  });
  assert.deepEqual(found, { id: "a", can_cancel: true });
});

test("an event that comes while it is read is the newer one", async () => {
  const found = [];
  const answered = Promise.withResolvers ? Promise.withResolvers() : deferred();
  const overdue = new Overdue({ read: () => answered.promise, found: (body) => found.push(body), after: 1 });
  await new Promise((resolve) => {
    overdue.read = () => (resolve(), answered.promise);
    overdue.watch("a", true);
  });
  overdue.watch("a", false);
  answered.resolve({ can_cancel: true });
  await answered.promise;
  assert.deepEqual(found, []);
});

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
