// What a review's order comes to by the market: by the newest quote, and without one as it was last known, which ages.

import { ageOf, isCurrent, newest } from "./newest.js";
import { comesTo, whenWords } from "./order_value.js";

// What the server could say when it was asked stands there first, with its moment.
export function showEstimate(form) {
  const line = form.querySelector("[data-comes-to]");
  const quote = newest.get(form.elements.con_id.value);
  const amount = quote && comesTo(form, quote);
  if (amount) Object.assign(line.dataset, { amount, at: quote.at });
  if (!line.dataset.amount) return;
  const { at } = line.dataset;
  write(line, `${line.dataset.amount}, ${whenWords(amount ? quote : { at }, ageOf({ at }), Boolean(amount) && isCurrent())}`);
  form.querySelector("[data-comes-to-why]").hidden = true;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
