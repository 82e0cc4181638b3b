// The chart panel: which span is shown, its past and its newest bars, and what can't be had, in words.

import { Bars } from "./bars.js";
import { show } from "./cells.js";
import { Chart } from "./chart.js";
import { number } from "./format.js";
import { History } from "./history.js";
import { decimalsAt } from "./steps.js";

const NEWEST_SHOWN = 10;
const AGAIN = "It is asked for again by itself.";
const MADE_OF = { TRADES: "Bars of trades.", MIDPOINT: "Bars of the middle of bid and ask." };

export class Charting {
  #bars = new Bars();
  #isLoaded = false;

  // `changed` is called when another span is shown: its pane is to be subscribed to.
  constructor(panel, { changed }) {
    const { barsUrl, zone, priceSteps: steps, span, conId, symbol } = panel.dataset;
    Object.assign(this, { panel, changed, span, conId, symbol, steps });
    this.chart = new Chart(panel.querySelector("#chart"), { zone, steps });
    this.history = new History({
      url: barsUrl,
      arrived: (answer) => this.#arrived(answer),
      failed: (message) => this.#say(`${message} ${AGAIN}`),
    });
    panel.querySelector(".spans").addEventListener("click", (event) => this.#choose(event));
    panel.querySelector("details").addEventListener("toggle", () => this.#paintTable());
  }

  get pane() {
    return `bars:${this.conId}:${this.span}`;
  }

  // Unless its past is here, or on its way. Whether that is still the right one, the next bars say.
  ask() {
    if (!this.#isLoaded && !this.history.isAsking) this.history.ask(this.span);
  }

  // Nobody looks.
  rest() {
    this.history.stop();
  }

  apply(body) {
    const changed = this.#isLoaded ? this.#bars.apply(body) : [];
    if (changed === null) return this.history.isAsking || this.history.ask(this.span);
    if (changed.length) {
      this.chart.update(changed);
      this.#paintTable();
    }
    return this.#stand(body);
  }

  #choose(event) {
    const link = event.target.closest("a[data-span]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.span = link.dataset.span;
    for (const one of this.panel.querySelectorAll("a[data-span]")) one.toggleAttribute("aria-current", one === link);
    link.setAttribute("aria-current", "true");
    history.replaceState(history.state, "", link.href);
    this.#isLoaded = false;
    this.#bars.forget();
    this.history.ask(this.span);
    this.changed();
  }

  #arrived(answer) {
    this.#bars.load(answer);
    this.chart.draw(this.#bars.all, { isDaily: this.#isDaily, showAll: !this.#isLoaded });
    this.#isLoaded = true;
    this.panel.querySelector("[data-made-of]").textContent = MADE_OF[answer.what_to_show] ?? "";
    this.panel.querySelector("#chart-summary").textContent = this.#summary();
    this.#paintTable();
    this.#stand(answer);
  }

  get #isDaily() {
    return this.span === "1y";
  }

  // Said once for each past, not at each tick.
  #summary() {
    const bar = this.#bars.all.at(-1);
    if (!bar) return "The broker has no bars of it.";
    return `${this.#bars.all.length} bars of ${this.symbol}. The newest, of ${this.#label(bar)}, stands at ${this.#price(bar.close)}.`;
  }

  #stand({ is_stale: isStale, stale_reason: reason }) {
    if (this.#isLoaded && this.#bars.all.length === 0) return this.#say("The broker has no bars of it.");
    if (isStale === false) return this.#say("");
    return this.#say(reason || "Nobody knows whether it is kept up to date.");
  }

  #say(text) {
    const message = this.panel.querySelector("#chart-message");
    if (message.textContent !== text) message.textContent = text;
    message.hidden = text === "";
  }

  #paintTable() {
    if (!this.panel.querySelector("details").open) return;
    const rows = this.#bars.all.slice(-NEWEST_SHOWN).reverse().map((bar) => this.#row(bar));
    this.panel.querySelector("#newest-bars tbody").replaceChildren(...rows);
  }

  #row(bar) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = this.#label(bar);
    row.append(head);
    for (const text of [...["open", "high", "low", "close"].map((name) => this.#price(bar[name])), number(bar.volume)]) {
      const cell = row.insertCell();
      cell.className = "number";
      show(cell, text);
    }
    return row;
  }

  #label({ at }) {
    return this.chart.axis.labelAt(at, { isDaily: this.#isDaily });
  }

  #price(text) {
    return number(text, decimalsAt(this.steps, text));
  }
}
