// The quotes of the watchlist. Ticks change text alone: nothing here is a live region, so a screen reader stays calm.

import { field, show } from "./cells.js";
import { number, percent, rounded, signed } from "./format.js";
import { decimalsAt } from "./steps.js";
import { age } from "./times.js";

const KINDS = { live: "Live", frozen: "Frozen", delayed: "Delayed", delayed_frozen: "Delayed, frozen" };
const NONE = {
  bid: null, bid_size: null, ask: null, ask_size: null, last: null, last_size: null,
  close: null, change: null, market_data_type: null, at: null, is_stale: false, stale_reason: "",
};
const OLD_AFTER = 60_000;
const MOST_SUBSCRIBED = 100;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Grid {
  #newest = new Map();
  // How far this browser's clock lags behind the server's. A clock that is ahead makes quotes older, never younger.
  #lag = 0;

  constructor(container) {
    this.container = container;
    setInterval(() => this.showAges(), 1000);
  }

  get table() {
    return this.container();
  }

  conIds() {
    return [...this.table.querySelectorAll("tr[data-con-id]")].map((row) => Number(row.dataset.conId)).slice(0, MOST_SUBSCRIBED);
  }

  // The table was painted anew: what is known goes back into it at once.
  repaint() {
    for (const row of this.#rows()) this.#paint(row, this.#newest.get(row.dataset.conId) ?? NONE);
  }

  // A snapshot replaces everything: what isn't in it has no quote.
  snapshot(quotes) {
    this.#newest.clear();
    quotes.forEach((quote) => this.#keep(quote));
    this.repaint();
  }

  quotes(quotes) {
    for (const quote of quotes) {
      this.#keep(quote);
      const row = this.table.querySelector(`tr[data-con-id="${quote.con_id}"]`);
      if (row) this.#paint(row, quote);
    }
  }

  #rows() {
    return this.table.querySelectorAll("tr[data-con-id]");
  }

  #keep(quote) {
    this.#newest.set(String(quote.con_id), quote);
    this.#lag = Math.min(this.#lag, Date.now() - Date.parse(quote.at));
  }

  #paint(row, quote) {
    const steps = row.dataset.priceSteps;
    for (const name of ["bid", "ask"]) this.#paintPrice(field(row, name).firstElementChild, quote[name], steps);
    this.#paintPrice(field(row, "last"), quote.last, steps);
    for (const name of ["bid_size", "ask_size", "last_size"]) show(field(row, name), number(quote[name]));
    this.#paintChange(row, quote, decimalsAt(steps, quote.last ?? quote.bid));
    this.#showAge(row, quote);
  }

  #paintPrice(element, price, steps) {
    const before = element.dataset.price ?? "";
    if (before === (price ?? "")) return;
    element.dataset.price = price ?? "";
    show(element, number(price, decimalsAt(steps, price)));
    if (before !== "" && price !== null) flash(element, Number(price) > Number(before) ? "up" : "down");
  }

  #paintChange(row, quote, decimals) {
    const cell = field(row, "change");
    const direction = quote.change === null ? "" : Math.sign(Number(quote.change));
    show(cell, signed(rounded(quote.change, decimals), decimals));
    show(field(row, "change_percent"), percent(quote.change, quote.close));
    row.dataset.direction = { "-1": "down", 1: "up" }[direction] ?? "";
  }

  // What kind of quote each row has and how old it is; called when the link or the session changes, too.
  showAges() {
    for (const row of this.#rows()) this.#showAge(row, this.#newest.get(row.dataset.conId) ?? NONE);
  }

  #showAge(row, quote) {
    const { at } = quote;
    const isOld = at !== null && !isCurrent();
    const cell = field(row, "market_data_type");
    cell.textContent = isOld ? "Not current" : kindOf(quote);
    cell.title = quote.stale_reason ?? "";
    const milliseconds = at === null ? null : Date.now() - this.#lag - Date.parse(at);
    field(row, "age").textContent = milliseconds === null ? "" : age(milliseconds, isOld ? "1 s" : "now");
    row.classList.toggle("old", quote.is_stale !== false || (milliseconds !== null && milliseconds > OLD_AFTER));
  }
}

// What kind of quote it is, or that it can't be relied on. A null is nobody knowing.
function kindOf({ is_stale: isStale, market_data_type: kind }) {
  if (isStale === true) return "Stale";
  return isStale === null ? "Quiet, not known why" : (KINDS[kind] ?? "no data");
}

// Nobody keeps prices current while the server can't be reached or the session is down. The same classes grey them.
function isCurrent() {
  return !document.body.matches(".link-down, .session-down");
}

function flash(element, direction) {
  element.dataset.moved = direction;
  if (calm.matches || document.hidden) return;
  const colour = getComputedStyle(element).getPropertyValue(`--flash-${direction}`);
  element.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], { duration: 700 });
}
