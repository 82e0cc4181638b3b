// The newest quote of each instrument that this page hears of, by its con_id as text, and how old each is.

export const newest = new Map();

// How far this browser's clock lags behind the server's. A clock that is ahead makes quotes older, never younger.
let lag = 0;

export function keep(quote) {
  newest.set(String(quote.con_id), quote);
  lag = Math.min(lag, Date.now() - Date.parse(quote.at));
}

// Milliseconds; null of what has no quote.
export function ageOf(quote) {
  return quote.at === null ? null : Date.now() - lag - Date.parse(quote.at);
}

// Nobody keeps prices current while the server can't be reached or the session is down. The same classes grey them.
export function isCurrent() {
  return !document.body.matches(".link-down, .session-down");
}
