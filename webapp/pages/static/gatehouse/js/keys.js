// What a pressed key means on the trading screen; `trade/keys.html` tells people the same. No key sends an order.

const SINGLE = { "/": "search", "?": "help", b: "buy", s: "sell" };
const PLAIN = { ArrowUp: "previous", ArrowDown: "next", Home: "first", End: "last", Enter: "open", Delete: "remove" };
const WITH_ALT = { ArrowUp: "move-up", ArrowDown: "move-down" };
const TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

// Null when it means nothing here: somebody types, holds another key, or has turned single keys off.
export function meaningOf(event, { isTyping, singleKeys }) {
  const { key, altKey, ctrlKey, metaKey, isComposing, defaultPrevented, repeat } = event;
  if (isTyping || isComposing || defaultPrevented || ctrlKey || metaKey) return null;
  if (altKey) return WITH_ALT[key] ?? null;
  const single = Object.hasOwn(SINGLE, key) ? SINGLE[key] : null;
  if (single) return singleKeys && !repeat ? single : null;
  return Object.hasOwn(PLAIN, key) ? PLAIN[key] : null;
}

export function isTypedInto(element) {
  return element.matches?.(TYPED_INTO) ?? false;
}

// The place that an arrow leads to, of `count` places; the end is an end.
export function placeAfter(meaning, place, count) {
  const places = { previous: place - 1, next: place + 1, first: 0, last: count - 1 };
  return Math.min(Math.max(places[meaning] ?? place, 0), count - 1);
}
