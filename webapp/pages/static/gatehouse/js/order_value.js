// What an order comes to: at a price of its own, or else at the quote that it would meet.

import { product, quotient } from "./decimal.js";
import { number, rounded } from "./format.js";
import { qualityOf } from "./quality.js";
import { decimalsAt } from "./steps.js";
import { age } from "./times.js";

// As `order_words.order_value`: null unless both are valid numbers and the multiplier is known.
export function orderValue(quantity, price, multiplier, magnifier = "1") {
  if (!isAmount(quantity) || !isPrice(price) || !multiplier) return null;
  return number(rounded(quotient(product(product(quantity, price), multiplier), magnifier), 2), 2);
}

// Above zero, and no more digits than an amount can have. Whether it is a good one, the server judges.
const AMOUNT = /^(?=.*[1-9])([0-9]{1,18}(\.[0-9]{0,10})?|\.[0-9]{1,10})$/;

export function isAmount(text) {
  return AMOUNT.test(text ?? "");
}

// Also below zero, where a combination or a future may trade.
function isPrice(text) {
  return isAmount(text?.replace(/^-/, ""));
}

// In words, of a ticket or of its review; null while nobody can say.
export function comesTo(form, quote) {
  const price = ownPrice(form);
  if (price) return about(form, price);
  const met = quote && metBy(form.elements.side.value, quote);
  const amount = met && about(form, met.price);
  return amount && `${amount} ${metWords(met, form.dataset.priceSteps)}`;
}

export function ownPrice(form) {
  const shown = (name) => (form.elements[name].closest("[hidden]") ? "" : form.elements[name].value.trim());
  return shown("limit_price") || shown("stop_price") || shown("trail_stop_price");
}

function about(form, price) {
  const { currency, multiplier, magnifier } = form.dataset;
  const amount = orderValue(form.elements.quantity.value.trim(), price, multiplier, magnifier);
  return amount && `${amount} ${currency}`;
}

// As `estimates.met_by`: whoever buys pays the ask; where that is missing, the last price says most.
export function metBy(side, { bid, ask, last }) {
  const [name, price] = side === "SELL" ? ["bid", bid] : ["ask", ask];
  if (price) return { name, price };
  return last ? { name: "last price", price: last } : null;
}

// As `order_values.met_words`.
export function metWords({ name, price }, steps) {
  return `at the ${name} of ${number(price, decimalsAt(steps, price))}`;
}

// As `order_values.when_words`. That a quote is live goes without saying, and what isn't current was never just now.
export function whenWords(quote, milliseconds, isCurrent) {
  const { kind, word } = qualityOf(quote, isCurrent);
  const since = age(milliseconds, isCurrent ? "" : "1 s");
  const when = since ? `${since} ago` : "just now";
  return kind === "live" ? when : `${word}, ${when}`;
}
