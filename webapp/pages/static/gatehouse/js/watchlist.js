// The watchlist on the trading screen: its quotes, its rows by keyboard and by hand, its search, and what is wanted of
// the market because of it.

import { adoptDisplay, singleKeys } from "./display.js";
import { Grid } from "./grid.js";
import { isTypedInto, meaningOf } from "./keys.js";
import { watchOfferedColumns } from "./offered_columns.js";
import { OnScreen } from "./on_screen.js";
import { RowKeys } from "./row_keys.js";
import { watchSearch } from "./search.js";
import { isDialogOpen, showKeys, watchDialogs } from "./watch_dialogs.js";
import { moveRow, showArrows, watchOrder } from "./watch_order.js";

export class Watchlist {
  // `wanted` is told which rows can be seen.
  constructor({ wanted }) {
    this.onScreen = new OnScreen({ changed: () => wanted.want("rows", this.onScreen.conIds) });
    this.grid = new Grid(watchlist, { onScreen: () => this.onScreen.conIds });
    this.rowKeys = new RowKeys({ container: watchlist, moveRow });
    this.search = watchSearch({ showRow: (conId) => this.rowKeys.focus(conId) });
    this.onScreen.observe(this.grid.rows);
    watchOrder();
    watchOfferedColumns();
    watchDialogs({ displayStored: () => adoptDisplay(watchlist()) });
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#followRepaints();
  }

  #pressed(event) {
    const meaning = meaningOf(event, { isTyping: isTypedInto(event.target), singleKeys: singleKeys() });
    if (meaning && !isDialogOpen() && this.#act(meaning, event.target)) event.preventDefault();
  }

  #act(meaning, target) {
    if (meaning === "search") return this.search.focus(), true;
    if (meaning === "help") return showKeys(), true;
    return this.rowKeys.act(meaning, target) || this.search.act(meaning, target);
  }

  // With an instrument more or less, or with other columns. The button that was pressed may be gone, and the focus too.
  #followRepaints() {
    let position = null;
    document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
      if (detail.target.id === "watchlist") position = this.rowKeys.position;
    });
    document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
      if (detail.target.id !== "watchlist") return;
      this.grid.adopt();
      this.onScreen.observe(this.grid.rows);
      showArrows();
      this.rowKeys.restore(position);
      // A result that was added says so where its button was.
      const asked = document.getElementById(detail.requestConfig?.elt.id);
      if (document.activeElement === document.body) (asked ?? watchlist()).focus();
    });
  }
}

function watchlist() {
  return document.getElementById("watchlist");
}
