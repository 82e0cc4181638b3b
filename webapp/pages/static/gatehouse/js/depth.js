// A book: the best price first on each side. Whole books come, and only what differs is written into the page.

import { number } from "./format.js";
import { decimalsAt } from "./steps.js";

const SIDES = { bids: "SELL", asks: "BUY" };
const OLD = "It isn't kept up to date.";

export class Depth {
  constructor(panel) {
    const { conId, priceSteps: steps, ticketUrl } = panel.dataset;
    Object.assign(this, { panel, conId, steps, ticketUrl });
  }

  get pane() {
    return `depth:${this.conId}`;
  }

  // What is shown may be old until the next book comes: nobody looked, or a snapshot began without it. Without a session
  // none comes, and old prices are worse than none.
  doubt() {
    this.panel.classList.add("old");
    if (document.body.matches(".session-down")) this.apply({ bids: [], asks: [], is_stale: false, stale_reason: "" });
  }

  apply(body) {
    const largest = largestSize(body);
    for (const side of Object.keys(SIDES)) this.#paint(side, body[side], largest);
    this.panel.classList.toggle("old", body.is_stale !== false);
    this.#say(body.is_stale === false ? "" : body.stale_reason || OLD);
    const isEmpty = body.bids.length + body.asks.length === 0;
    this.panel.querySelector("#depth-empty").hidden = !isEmpty || body.is_stale !== false;
    this.panel.querySelector(".depth-sides").hidden = isEmpty;
  }

  #say(text) {
    const message = this.panel.querySelector("#depth-message");
    if (message.textContent !== text) message.textContent = text;
    message.hidden = text === "";
  }

  #paint(side, levels, largest) {
    const body = this.panel.querySelector(`[data-side="${side}"] tbody`);
    while (body.rows.length > levels.length) body.deleteRow(-1);
    levels.forEach((level, place) => this.#paintRow(body.rows[place] ?? this.#newRow(body, side), level, largest));
  }

  #newRow(body, side) {
    const row = body.insertRow();
    const [at, size, price] = [row.insertCell(), row.insertCell(), row.insertCell()];
    at.className = "maker";
    size.className = price.className = "number";
    price.dataset.field = side === "bids" ? "bid" : "ask";
    price.append(this.#price(side));
    return row;
  }

  // Whoever may not trade sees prices that lead nowhere.
  #price(side) {
    if (this.ticketUrl) return this.#priceLink(side);
    const price = document.createElement("span");
    price.className = "price";
    return price;
  }

  #priceLink(side) {
    const link = document.createElement("a");
    link.className = `price ${SIDES[side].toLowerCase()}`;
    link.href = `${this.ticketUrl}?con_id=${this.conId}&side=${SIDES[side]}`;
    link.title = side === "bids" ? "Sell at this price" : "Buy at this price";
    return link;
  }

  #paintRow(row, [price, size, maker], largest) {
    const [at, sizeCell, priceCell] = row.cells;
    write(at, maker || "—");
    write(sizeCell, number(size));
    sizeCell.style.setProperty("--share", `${share(size, largest)}%`);
    const link = priceCell.firstElementChild;
    link.dataset.price = price;
    write(link, number(price, decimalsAt(this.steps, price)));
  }
}

// For the bar behind a size, so a float does.
export function largestSize({ bids, asks }) {
  return Math.max(0, ...[...bids, ...asks].map(([, size]) => Number(size)));
}

export function share(size, largest) {
  return largest > 0 ? Math.round((Number(size) / largest) * 100) : 0;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
