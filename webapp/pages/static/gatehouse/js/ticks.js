// How old the newest tick on this page is. A page that watches no quote says nothing of it.

import { isPast, now } from "./clock.js";
import { age } from "./times.js";

let newest = null;

export function noteTicks(quotes) {
  for (const { at } of quotes) if (at) newest = Math.max(newest ?? 0, Date.parse(at));
  if (newest !== null) isPast(newest);
}

export function followTicks() {
  if (document.querySelector("[data-last-tick]")) setInterval(showTick, 1000);
}

// `, tick 3 s`; a dash while none has come.
export function tickWords() {
  return `, tick ${newest === null ? "—" : age(now() - newest, "now")}`;
}

function showTick() {
  const words = tickWords();
  for (const element of document.querySelectorAll("[data-last-tick]")) {
    if (element.textContent !== words) element.textContent = words;
  }
}
