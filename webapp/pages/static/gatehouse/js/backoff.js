// How long to wait before the next try, in milliseconds: twice as long each time, up to a ceiling, with jitter, so that
// a thousand browsers don't come back in the same instant. Never less than half, so that a server is not hammered.

const FIRST = 500;
const CEILING = 15_000;

export function delayBefore(attempt, random = Math.random) {
  const longest = Math.min(CEILING, FIRST * 2 ** Math.min(attempt, 10));
  return Math.round(longest / 2 + (random() * longest) / 2);
}
