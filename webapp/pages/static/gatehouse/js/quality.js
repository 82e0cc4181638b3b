// Of what kind a quote is, how old, and whether it can be relied on: in words. CSS adds a sign by `kind`, and a colour.

import { age } from "./times.js";

const KINDS = { live: "Live", frozen: "Frozen", delayed: "Delayed", delayed_frozen: "Delayed, frozen" };
const OLD_AFTER = 60_000;

// `isCurrent` is false while nobody keeps quotes current: the server can't be heard, or the session is down.
export function qualityOf(quote, isCurrent) {
  if (quote.at !== null && !isCurrent) return { kind: "not-current", word: "Not current" };
  if (quote.is_stale === true) return { kind: "stale", word: "Stale" };
  // A null is nobody knowing.
  if (quote.is_stale === null) return { kind: "quiet", word: "Quiet, not known why" };
  const word = KINDS[quote.market_data_type];
  return word ? { kind: quote.market_data_type, word } : { kind: "none", word: "no data" };
}

// `milliseconds` is null while there is no quote. What isn't current is never `now`.
export function ageWords(milliseconds, isCurrent) {
  return milliseconds === null ? "" : age(milliseconds, isCurrent ? "now" : "1 s");
}

export function isOld(quote, milliseconds) {
  return quote.is_stale !== false || (milliseconds !== null && milliseconds > OLD_AFTER);
}
