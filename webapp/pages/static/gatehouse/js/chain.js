// An option chain's table: which rows are in sight, what they quote, and where the money is.

import { show } from "./cells.js";
import { number } from "./format.js";
import { decimalsAt } from "./steps.js";

// Rows rush by while somebody scrolls: so many milliseconds after it stops counts what is in sight.
const CALM = 200;

export class Chain {
  #rows = [];
  #cells = new Map(); // by con_id
  #inSight = new Set();
  #observer = null;
  #settling = null;
  #isAtTheMoney = false;

  // `changed` is called when other rows are in sight.
  constructor(container, { changed }) {
    Object.assign(this, { container, changed });
  }

  // The table was painted, or another one.
  adopt() {
    this.#observer?.disconnect();
    this.#inSight.clear();
    this.#rows = [...this.container.querySelectorAll("tr[data-strike]")];
    this.#cells = cellsOf(this.container);
    this.#isAtTheMoney = false;
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { root: this.container.querySelector(".chain-scroll") });
    this.#rows.forEach((row) => this.#observer.observe(row));
    this.changed();
  }

  // Both options of each row in sight.
  get conIds() {
    return [...this.#inSight].flatMap((row) => [...new Set([...row.querySelectorAll("[data-option]")].map(({ dataset }) => Number(dataset.option)))]);
  }

  lists(conId) {
    return this.#cells.has(String(conId));
  }

  // A snapshot replaces everything: what isn't in it has no quote.
  snapshot(quotes) {
    const quoted = new Set(quotes.map(({ con_id: conId }) => String(conId)));
    for (const [conId, cells] of this.#cells) if (!quoted.has(conId)) cells.forEach((cell) => this.#paint(cell, {}));
    this.quotes(quotes);
  }

  quotes(quotes) {
    for (const quote of quotes) this.#cells.get(String(quote.con_id))?.forEach((cell) => this.#paint(cell, quote));
  }

  // Where the underlying stands. The first time, the rows around it come into sight.
  stand(price) {
    const place = placeOfMoney(this.#rows.map(({ dataset }) => dataset.strike), price);
    if (place < 0) return;
    this.#rows.forEach((row, at) => {
      row.classList.toggle("at-the-money", at === place);
      row.dataset.below = Number(row.dataset.strike) < Number(price);
    });
    if (!this.#isAtTheMoney) this.#center(this.#rows[place]);
    this.#isAtTheMoney = true;
  }

  #center(row) {
    const box = this.container.querySelector(".chain-scroll");
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#inSight.add(target);
      else this.#inSight.delete(target);
    }
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.changed(), CALM);
  }

  #paint(cell, quote) {
    const { value: name, priceSteps: steps } = cell.dataset;
    const value = quote[name] ?? null;
    const element = cell.firstElementChild ?? cell;
    if ((element.dataset.price ?? "") !== (value ?? "")) {
      element.dataset.price = value ?? "";
      show(element, (MODEL[name] ?? priceWords)(value, steps));
    }
    const isOld = quote.is_stale !== undefined && quote.is_stale !== false;
    cell.classList.toggle("old", isOld || quote.market_data_type?.startsWith("delayed") === true);
    if (element !== cell) cell.title = quote.stale_reason ?? "";
  }
}

function priceWords(price, steps) {
  return number(price, decimalsAt(steps, price));
}

// What the broker's model says, for the eye alone, so floats may make it: `24.5 %`, `-0.48`.
export const MODEL = {
  implied_volatility: (value) => value && `${(Number(value) * 100).toFixed(1)} %`,
  delta: (value) => value && Number(value).toFixed(2).replace(/^-(?=0\.00$)/, ""),
};

function cellsOf(container) {
  const cells = new Map();
  for (const cell of container.querySelectorAll("[data-option]")) {
    cells.set(cell.dataset.option, [...(cells.get(cell.dataset.option) ?? []), cell]);
  }
  return cells;
}

// The strike that is nearest to the price; -1 without strikes or without a price.
export function placeOfMoney(strikes, price) {
  if (price === null || price === undefined) return -1;
  const distances = strikes.map((strike) => Math.abs(Number(strike) - Number(price)));
  return distances.indexOf(Math.min(...distances));
}

// Of a quote: its last trade, or the middle of bid and ask, for the eye alone.
export function markOf({ last, bid, ask }) {
  if (last !== null) return last;
  return bid === null || ask === null ? null : (Number(bid) + Number(ask)) / 2;
}
