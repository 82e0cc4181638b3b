// The server's time, as far as this browser can tell. Where it can't, what it shows is older than it is, never younger.

// How far this browser's clock is ahead of the server's: at most so far, or less.
let lead = 0;

// `at` is the server's time of an answer that this browser asked for at `askedAt`, by its own clock.
export function hear(at, askedAt) {
  lead = askedAt - Date.parse(at);
}

// Nothing comes from the future.
export function isPast(moment) {
  lead = Math.min(lead, Date.now() - moment);
}

export function now() {
  return Date.now() - lead;
}
