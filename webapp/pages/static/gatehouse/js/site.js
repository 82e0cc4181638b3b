// What every page has: times in the reader's own zone, forms that go once, and a word when an answer fails.

import { sentenceOf } from "./answers.js";
import { say } from "./page_message.js";
import { localise } from "./times.js";
import { followUnseen } from "./unseen.js";

localise(document);
followUnseen();
document.addEventListener("htmx:load", ({ target }) => localise(target));

// A double click on a plain form: the first submit goes, and the button says so.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-once]")) return;
  const button = target.querySelector("button:not([type=button])");
  // Not before the browser has taken the form: a disabled button's form isn't sent.
  setTimeout(() => (button.disabled = true));
});

// A page that comes back from the browser's own cache has its buttons back.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) document.querySelectorAll("form[data-once] button").forEach((button) => (button.disabled = false));
});

// What refreshes by itself says so when it can't, rather than show old figures as new ones.
const REFRESHED = "[hx-trigger*=every]";
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (target.matches(REFRESHED)) target.classList.toggle("not-current", !detail.successful);
});

// What nobody sees isn't refreshed; what was left out meanwhile is, once somebody looks again.
const leftOut = new Set();
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!document.hidden || !event.target.matches(REFRESHED)) return;
  event.preventDefault();
  leftOut.add(event.target);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of leftOut) if (element.isConnected) globalThis.htmx.ajax("GET", element.getAttribute("hx-get"), { source: element });
  leftOut.clear();
});

const SAYINGS = {
  "htmx:sendError": () => "The server can't be reached. Nothing on this page has changed; try again.",
  "htmx:timeout": () => "The server didn't answer in time. Try again.",
  "htmx:responseError": ({ detail }) => sentenceOf(detail.xhr) ?? FAILED[detail.xhr.status] ?? "The server failed to answer. Try again, or reload the page.",
};
const FAILED = {
  403: "This page is too old. Reload it and try again.",
  404: "That is gone, or isn't yours. Reload the page.",
};

for (const [type, words] of Object.entries(SAYINGS)) {
  document.addEventListener(type, (event) => {
    // What refreshes by itself tries again by itself; what sends an order has words of its own.
    if (event.target.matches(`${REFRESHED}, [data-sends], [data-costs]`)) return;
    say(words(event));
  });
}
