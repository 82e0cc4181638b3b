// Positions, as the broker counts them, and what they are worth at the prices that this page hears of. One that is closed
// goes.

import { decimalsOfPrice, showFields } from "./cells.js";
import { product, quotient } from "./decimal.js";
import { average, number, rounded } from "./format.js";
import { newest } from "./newest.js";
import { metBy } from "./order_value.js";
import { Rows } from "./rows.js";

export class Positions {
  #rows = new Rows({ table: "#positions", template: "#position-row", keyAttribute: "data-position-key" });

  constructor() {
    for (const row of this.#rows.body.rows) offerClose(row);
  }

  // `body` is `positions.as_body`.
  apply(body) {
    const key = `${body.account_code}-${body.con_id}`;
    if (body.quantity === "0") return this.#rows.find(key)?.remove();
    const row = this.#rows.find(key) ?? this.#add(key, body);
    row.dataset.positionConId = body.con_id;
    row.dataset.held = body.quantity;
    showFields(row, {
      name: body.name,
      quantity: number(body.quantity),
      average_cost: average(body.average_cost, decimalsOfPrice(body.con_id, body.average_cost)),
    });
    offerClose(row);
    return showWorth(row);
  }

  marketMoved() {
    for (const row of this.#rows.body.rows) showWorth(row);
  }

  // A combination, whose con_id is below zero, has no page.
  #add(key, { con_id: conId, symbol, currency, multiplier, price_magnifier: magnifier }) {
    const row = this.#rows.add(key);
    Object.assign(row.dataset, { positionConId: conId, currency, multiplier: multiplier ?? "", magnifier: magnifier ?? 1 });
    const link = row.querySelector("a");
    link.title = `${symbol}: chart, depth and contract`;
    if (conId > 0) link.href = row.closest("table").dataset.instruments.replace("/0/", `/${conId}/`);
    return row;
  }
}

// It opens the ticket and sends nothing. Orders leave for one of the login's account codes alone.
function offerClose(row) {
  const { ticket, ordersCode } = row.closest("table").dataset;
  const link = row.querySelector("[data-close]");
  const { positionConId: conId, positionKey: key, held } = row.dataset;
  if (!link || Number(conId) <= 0 || key !== `${ordersCode}-${conId}`) return;
  link.href = `${ticket}?con_id=${conId}&side=${closingSide(held)}&quantity=${held.replace("-", "")}`;
  link.setAttribute("hx-get", link.href);
  link.hidden = false;
  globalThis.htmx?.process(link);
}

function showWorth(row) {
  const { positionConId: conId, held, currency } = row.dataset;
  const price = marketPrice(newest.get(conId), held);
  const value = price && marketValue(held, price, row.dataset);
  showFields(row, {
    market_price: number(price, decimalsOfPrice(conId, price)),
    market_value: value && `${value} ${currency}`,
  });
}

// The last one; of what has none, as currencies, the one that closing would meet. Null while nobody knows.
export function marketPrice(quote, held) {
  return quote?.last ?? (quote && metBy(closingSide(held), quote)?.price) ?? null;
}

// Below zero of what is short, as text with two decimals; null while the multiplier isn't known.
export function marketValue(held, price, { multiplier, magnifier }) {
  if (!multiplier) return null;
  return number(rounded(quotient(product(product(held, price), multiplier), magnifier), 2), 2);
}

function closingSide(held) {
  return held.startsWith("-") ? "BUY" : "SELL";
}
