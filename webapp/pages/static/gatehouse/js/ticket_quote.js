// The quote that stands in the ticket and in its review: what the order would meet. A click on its bid or its ask takes
// that for the limit price, and sends nothing.

import { padded } from "./format.js";
import { ageOf, isCurrent, newest } from "./newest.js";
import { NO_QUOTE, RowView } from "./row_view.js";
import { decimalsAt } from "./steps.js";

const TICK = 1000;

let view = null;

// `taken` gets the form whose limit price was filled in.
export function watchTicketQuote({ taken, ticked }) {
  document.addEventListener("click", ({ target }) => {
    const price = target.closest("[data-takes]");
    if (price) take(price, taken);
  });
  setInterval(() => {
    if (document.hidden) return;
    showTicketQuote();
    ticked();
  }, TICK);
}

// Called when a quote comes, and when another ticket is there.
export function showTicketQuote() {
  const box = document.querySelector("#ticket-panel [data-quote-of]");
  if (view?.row !== box) view = box && new RowView(box);
  if (!view) return;
  const quote = newest.get(box.dataset.quoteOf) ?? NO_QUOTE;
  view.paint(quote);
  view.paintAge(quote, ageOf(quote), isCurrent());
}

// A type without a limit has nothing to take a price for.
export function offerPrices(form) {
  const takes = takesLimit(form);
  for (const price of form.querySelectorAll("[data-takes]")) price.disabled = !takes;
}

function takesLimit(form) {
  const limit = form.elements.limit_price;
  return Boolean(limit) && !limit.closest("[hidden]");
}

function take({ dataset: { price }, form }, taken) {
  if (!price || !takesLimit(form)) return;
  form.elements.limit_price.value = padded(price, decimalsAt(form.dataset.priceSteps, price));
  taken(form);
}
