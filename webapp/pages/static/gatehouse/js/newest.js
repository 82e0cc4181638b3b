// The newest quote of each instrument that this page hears of, by its con_id as text, and how old each is.

import { now } from "./clock.js";

export const newest = new Map();

export function keep(quote) {
  newest.set(String(quote.con_id), quote);
}

// Milliseconds; null of what has no quote.
export function ageOf(quote) {
  return quote.at === null ? null : now() - Date.parse(quote.at);
}

// Nobody keeps prices current while the server can't be reached or the session is down. The same classes grey them.
export function isCurrent() {
  return !document.body.matches(".link-down, .session-down");
}
