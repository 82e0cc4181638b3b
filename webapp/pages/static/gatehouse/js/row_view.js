// One row of the watchlist: writes a quote into the cells that the user chose, and touches nothing that stays as it is.

import { setText, show } from "./cells.js";
import { flashes } from "./display.js";
import { flash } from "./flash.js";
import { number, percent, rounded, signed } from "./format.js";
import { ageWords, isOld, qualityOf } from "./quality.js";
import { decimalsAt } from "./steps.js";

export const NO_QUOTE = {
  bid: null, bid_size: null, ask: null, ask_size: null, last: null, last_size: null, volume: null,
  open: null, high: null, low: null, close: null, change: null,
  market_data_type: null, at: null, is_stale: false, stale_reason: "",
};
// Of these it is shown whether they moved up or down.
const MOVING = new Set(["bid", "ask", "last"]);
const DIRECTIONS = { "-1": "down", 1: "up" };

// By field: what its cell says of a quote.
const TEXTS = {
  ...Object.fromEntries(["bid", "ask", "last", "open", "high", "low", "close"].map((name) => [name, price])),
  ...Object.fromEntries(["bid_size", "ask_size", "last_size", "volume"].map((name) => [name, ({ [name]: size }) => number(size)])),
  change: (quote, _, steps) => {
    const decimals = decimalsAt(steps, quote.last ?? quote.bid);
    return signed(rounded(quote.change, decimals), decimals);
  },
  change_percent: ({ change, close }) => percent(change, close),
};

function price(quote, name, steps) {
  return number(quote[name] ?? null, decimalsAt(steps, quote[name]));
}

export class RowView {
  #cells = [];
  #painted = null;
  #shown = new Map();
  #old = false;

  constructor(row) {
    this.row = row;
    this.steps = row.dataset.priceSteps;
    for (const cell of row.querySelectorAll("[data-field]")) {
      const name = cell.dataset.field;
      if (TEXTS[name]) this.#cells.push([name, cell.firstElementChild ?? cell]);
    }
    [this.kind, this.age] = ["market_data_type", "age"].map((name) => row.querySelector(`[data-field="${name}"]`));
  }

  paint(quote) {
    if (quote === this.#painted) return;
    this.#painted = quote;
    for (const [name, element] of this.#cells) this.#paintCell(name, element, quote);
    const direction = quote.change === null ? "" : (DIRECTIONS[Math.sign(Number(quote.change))] ?? "");
    if (this.row.dataset.direction !== direction) this.row.dataset.direction = direction;
  }

  #paintCell(name, element, quote) {
    const text = TEXTS[name](quote, name, this.steps);
    if (this.#shown.get(name) === text) return;
    this.#shown.set(name, text);
    show(element, text);
    if (MOVING.has(name)) move(element, quote[name] ?? null);
  }

  // `milliseconds` since it came, or null without one.
  paintAge(quote, milliseconds, isCurrent) {
    const { kind, word } = qualityOf(quote, isCurrent);
    this.#write(this.kind, "kind", word);
    if (this.kind.dataset.kind !== kind) this.kind.dataset.kind = kind;
    const reason = quote.stale_reason ?? "";
    if (this.kind.title !== reason) this.kind.title = reason;
    this.#write(this.age, "age", ageWords(milliseconds, isCurrent));
    const old = isOld(quote, milliseconds);
    if (this.#old !== old) this.row.classList.toggle("old", (this.#old = old));
  }

  #write(element, name, text) {
    if (this.#shown.get(name) === text) return;
    this.#shown.set(name, text);
    setText(element, text);
  }
}

// The arrow stays until the next move, for whoever looks late and whoever sees no colours; the flash is gone at once.
function move(element, now) {
  const before = element.dataset.price ?? "";
  element.dataset.price = now ?? "";
  if (before === "" || now === null) return delete element.dataset.moved;
  const direction = Number(now) > Number(before) ? "up" : "down";
  element.dataset.moved = direction;
  if (flashes()) flash(element);
  return true;
}
