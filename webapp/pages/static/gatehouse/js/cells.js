// Showing a value in an element that the server painted first. What isn't known is a dash that says so, never zero.

import { decimalsAt } from "./steps.js";

const UNKNOWN = "Not known yet";

export function show(element, text) {
  const shown = text ?? "—";
  if (element.textContent === shown) return;
  setText(element, shown);
  const unknown = text === null || text === undefined;
  element.classList.toggle("unknown", unknown);
  // What can be clicked keeps its own title, which says what a click does.
  if (element.matches("a, button")) return;
  if (unknown) {
    const words = element.dataset.unknown ?? UNKNOWN;
    element.title = words;
    element.setAttribute("aria-label", words);
  } else {
    element.removeAttribute("title");
    element.removeAttribute("aria-label");
  }
}

// A text that takes another one's place is cheaper for the browser than a node that does.
export function setText(element, text) {
  const node = element.firstChild;
  if (node !== null && node === element.lastChild && node.nodeType === Node.TEXT_NODE) node.data = text;
  else element.textContent = text;
}

export function field(row, name) {
  return row.querySelector(`[data-field="${name}"]`);
}

export function showFields(row, texts) {
  for (const [name, text] of Object.entries(texts)) show(field(row, name), text);
}

// How many digits a price of the instrument has: some row or ticket of the page says it. Two while none does.
export function decimalsOfPrice(conId, price) {
  const known = document.querySelector(`[data-steps-of="${conId}"]:not([data-price-steps=""])`);
  return decimalsAt(known?.dataset.priceSteps ?? "", price);
}

export function wordsOfPage() {
  return JSON.parse(document.getElementById("words").textContent);
}
