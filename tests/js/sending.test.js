import assert from "node:assert/strict";
import { mock, test } from "node:test";

const listeners = {};
let unsettled = null;
globalThis.document = {
  body: { addEventListener: (type, listener) => (listeners[type] = listener) },
  querySelector: () => unsettled,
};
const { watchSending } = await import("../../webapp/pages/static/gatehouse/js/sending.js");
watchSending();

const SENTENCE = "alice shares Paper with you as a viewer, who may look and not trade. Nothing was sent.";
const refusal = (status, sentence) => ({
  status,
  responseText: sentence ?? "<h1>No</h1>",
  getResponseHeader: () => (sentence ? "text/plain; charset=utf-8" : "text/html"),
});

// A review, as the server paints it: an order's can be asked for, a change's can't.
function review(placedUrl) {
  const parts = {};
  return {
    dataset: placedUrl ? { placedUrl } : {},
    isConnected: true,
    matches: (selector) => selector === "[data-sends]",
    querySelector: (selector) => (parts[selector] ??= { textContent: "", hidden: true }),
    says: () => [parts["[data-sending]"], parts["[data-lost-words]"]].map((line) => (line?.hidden && !line.textContent ? "" : line.textContent)).join(""),
  };
}

const begin = (form) => listeners["htmx:beforeRequest"]({ target: form, detail: {} });
const lose = (form) => listeners["htmx:sendError"]({ target: form });
const refuse = (form, xhr) => listeners["htmx:responseError"]({ target: form, detail: { xhr } });

// The answer to somebody who is signed out; whether the page is moved to the sign-in page.
function isMoved(element) {
  let moved = true;
  const xhr = { getResponseHeader: (name) => (name === "HX-Redirect" ? "/auth/login/" : null) };
  listeners["htmx:beforeOnLoad"]({ target: element, detail: { xhr }, preventDefault: () => (moved = false) });
  return moved;
}

function sent(placedUrl) {
  const form = review(placedUrl);
  begin(form);
  return form;
}

function sentAgain(placedUrl) {
  const form = sent(placedUrl);
  lose(form);
  begin(form);
  return form;
}

// Every look at the order is answered so, and the one that waits is let go.
async function asked(status) {
  globalThis.fetch = async () => new Response(status === 204 ? null : "", { status });
  const form = sentAgain("/placed/");
  lose(form);
  await new Promise(setImmediate);
  return form.says();
}

test.beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.fetch = () => new Promise(() => {});
});

test("a first try that is refused has sent nothing", () => {
  for (const [status, words] of [[403, "this page is too old"], [404, "this account or order is gone"]]) {
    const form = sent("/placed/");
    refuse(form, refusal(status));
    assert.match(form.says(), new RegExp(`Nothing was sent: ${words}`));
    assert.equal(form.dataset.lost, undefined);
  }
});

test("a try that is refused after one was lost says nothing of that one, and the order is looked for", () => {
  for (const url of ["/placed/", undefined])
    for (const xhr of [refusal(403), refusal(404), refusal(403, SENTENCE)]) {
      const looks = [];
      const form = sentAgain(url);
      globalThis.fetch = (address) => looks.push(address) && new Promise(() => {});
      refuse(form, xhr);
      assert.match(form.says(), /this try was refused \(.*\), but the one before it may have been taken/);
      assert.doesNotMatch(form.says(), /Nothing was sent/);
      assert.equal(form.dataset.lost, "yes");
      assert.deepEqual(looks, url ? [url] : []);
    }
});

test("nobody who is signed out is moved away from an order that nobody knows about", () => {
  const figures = { matches: () => false };
  assert.ok(isMoved(figures));
  unsettled = sent("/placed/");
  assert.ok(isMoved(unsettled));
  lose(unsettled);
  assert.ok(!isMoved(figures));
  begin(unsettled);
  assert.ok(!isMoved(unsettled));
  assert.match(unsettled.says(), /this try was refused \(you are signed out\)/);
  unsettled = null;
});

test("that the server doesn't have the order is said only when it says so", async () => {
  assert.match(await asked(204), /So far the server has no order of this ticket/);
  for (const [status, words] of [[403, /no longer trade on it/], [404, /gone, or isn't shared/], [500, /can't be reached/], [502, /can't be reached/]]) {
    const said = await asked(status);
    assert.match(said, words);
    assert.doesNotMatch(said, /has no order/);
  }
});
