// What the user chose to see, as the server paints it into the page's root, and what the system asks for.

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
const CHOICES = ["palette", "flashes", "singleKeys"];

// A watchlist that was painted anew brings what was stored with it.
export function adoptDisplay({ dataset }) {
  for (const name of CHOICES) document.documentElement.dataset[name] = dataset[name];
}

// Less motion is the system's wish: it goes before ours.
export function flashes() {
  return document.documentElement.dataset.flashes !== "no" && !calm.matches;
}

export function singleKeys() {
  return document.documentElement.dataset.singleKeys !== "no";
}
