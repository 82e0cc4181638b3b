// The watchlist by keyboard: one row at a time can be reached with Tab, and arrows make another one that row.

import { placeAfter } from "./keys.js";

const ROW = "tbody tr[data-con-id]";

export class RowKeys {
  #reached = null;

  // `moveRow(row, by)` moves it on the list.
  constructor({ container, moveRow }) {
    Object.assign(this, { container, moveRow });
    this.#entered(this.#rows[0]);
    document.addEventListener("focusin", ({ target }) => this.#entered(target.closest?.(`#${container().id} ${ROW}`)));
  }

  get #rows() {
    return [...this.container().querySelectorAll(ROW)];
  }

  // False when the key is not for a row.
  act(meaning, target) {
    const row = target.closest?.(`#${this.container().id} ${ROW}`);
    if (!row) return false;
    // A button or a link in the row has its own Enter.
    if (meaning === "open" && target !== row) return false;
    if (this.#acts[meaning]) this.#acts[meaning](row);
    else this.#go(meaning, row);
    return true;
  }

  // After the table was painted anew: the focus is back where it was, or where that would be.
  restore({ conId, place, hadFocus }) {
    const rows = this.#rows;
    const row = rows.find((one) => one.dataset.conId === conId) ?? rows[Math.min(place, rows.length - 1)];
    if (!row) return;
    this.#entered(row);
    if (hadFocus) row.focus();
  }

  // For `restore`.
  get position() {
    const rows = this.#rows;
    const place = Math.max(rows.findIndex((row) => row.tabIndex === 0), 0);
    return { conId: rows[place]?.dataset.conId, place, hadFocus: this.container().contains(document.activeElement) };
  }

  focus(conId) {
    const row = this.#rows.find((one) => one.dataset.conId === String(conId));
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }

  // What isn't here leads to another row.
  #acts = {
    "move-up": (row) => this.moveRow(row, -1),
    "move-down": (row) => this.moveRow(row, 1),
    buy: (row) => openTicket(row, "BUY"),
    sell: (row) => openTicket(row, "SELL"),
    open: (row) => row.querySelector("[data-open]")?.click(),
    remove: (row) => row.querySelector("[data-remove]").click(),
  };

  #go(meaning, row) {
    const rows = this.#rows;
    rows[placeAfter(meaning, rows.indexOf(row), rows.length)].focus();
  }

  // Everything in the row can be reached with Tab from here; nothing in the row before.
  #entered(row) {
    if (!row || row === this.#reached) return;
    this.#rows.filter((one) => one.tabIndex === 0).forEach((one) => setReach(one, -1));
    setReach(row, 0);
    this.#reached = row;
  }
}

function setReach(row, tabIndex) {
  row.tabIndex = tabIndex;
  for (const control of row.querySelectorAll("a, button")) control.tabIndex = tabIndex;
}

// A click on the price does it where there is one. Without the column the ticket opens without a price.
export function openTicket(row, side) {
  const price = row.querySelector(`a.price[data-side="${side}"]`);
  if (price) return price.click();
  // Who may only look has no tickets.
  const ticket = row.closest("[data-ticket]")?.dataset.ticket;
  return ticket && globalThis.htmx.ajax("GET", `${ticket}?con_id=${row.dataset.conId}&side=${side}`, { target: "#ticket-panel", swap: "outerHTML" });
}
