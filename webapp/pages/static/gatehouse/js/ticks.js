// How old the newest tick on this page is. A page that watches no quote says nothing of it.

import { age } from "./times.js";

let newest = null;

export function noteTicks(quotes) {
  for (const { at } of quotes) if (at) newest = Math.max(newest ?? 0, Date.parse(at));
}

export function followTicks() {
  if (document.querySelector("[data-last-tick]")) setInterval(showTick, 1000);
}

// `, tick 3 s`; a dash while none has come. A clock that is behind the server's makes no tick younger than now.
export function tickWords(at, now) {
  return `, tick ${at === null ? "—" : age(now - at, "now")}`;
}

function showTick() {
  const words = tickWords(newest, Date.now());
  for (const element of document.querySelectorAll("[data-last-tick]")) {
    if (element.textContent !== words) element.textContent = words;
  }
}
