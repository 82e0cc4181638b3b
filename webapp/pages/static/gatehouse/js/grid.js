// The quotes of the watchlist. Ticks change text alone: nothing here is a live region, so a screen reader stays calm.
//
// Whatever came since the last frame is painted once, in the next one: a browser that is slow paints less often, and
// one that nobody looks at doesn't paint.

import { ageOf, isCurrent, keep, newest } from "./newest.js";
import { NO_QUOTE, RowView } from "./row_view.js";

const TICK = 1000;

export class Grid {
  #views = new Map();
  #changed = new Set();
  #frame = null;
  #ticking = null;

  // `onScreen` gives the con_ids whose ages somebody can see; without it, all of them.
  constructor(container, { onScreen = () => this.#views.keys() } = {}) {
    Object.assign(this, { container, onScreen });
    this.adopt();
    this.#tickWhileSeen();
    document.addEventListener("visibilitychange", () => this.#tickWhileSeen());
  }

  get rows() {
    return [...this.container().querySelectorAll("tr[data-con-id]")];
  }

  // The table was painted anew: what is known goes back into it at once.
  adopt() {
    this.#views = new Map(this.rows.map((row) => [row.dataset.conId, new RowView(row)]));
    this.#paintAll();
  }

  // A snapshot replaces everything: what isn't in it has no quote.
  snapshot(quotes) {
    newest.clear();
    quotes.forEach(keep);
    this.#paintAll();
  }

  quotes(quotes) {
    for (const quote of quotes) {
      keep(quote);
      this.#changed.add(String(quote.con_id));
    }
    this.#frame ??= requestAnimationFrame(() => this.#paintChanged());
  }

  // What kind of quote each row has and how old it is; called when the link or the session changes, too.
  showAges() {
    for (const conId of this.#views.keys()) this.#paintAge(conId, isCurrent());
  }

  // On a page that nobody sees no clock runs.
  #tickWhileSeen() {
    clearInterval(this.#ticking);
    if (document.hidden) return;
    this.#tick();
    this.#ticking = setInterval(() => this.#tick(), TICK);
  }

  #tick() {
    const current = isCurrent();
    for (const conId of this.onScreen()) this.#paintAge(String(conId), current);
  }

  #paintAll() {
    for (const conId of this.#views.keys()) this.#changed.add(conId);
    this.#paintChanged();
  }

  #paintChanged() {
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
    const current = isCurrent();
    for (const conId of this.#changed) this.#paint(conId, current);
    this.#changed.clear();
  }

  #paint(conId, current) {
    this.#views.get(conId)?.paint(newest.get(conId) ?? NO_QUOTE);
    this.#paintAge(conId, current);
  }

  #paintAge(conId, current) {
    const quote = newest.get(conId) ?? NO_QUOTE;
    this.#views.get(conId)?.paintAge(quote, ageOf(quote), current);
  }
}
