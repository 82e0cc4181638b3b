// The order table, and the line that a ticket leaves behind. A row shows the newest event that it was given.

import { decimalsOfPrice, field, show, showFields } from "./cells.js";
import { average, number } from "./format.js";
import { Overdue, readOrder } from "./overdue.js";
import { Rows } from "./rows.js";
import { showTime, timeElement } from "./times.js";

export class Orders {
  // The newest body of each order that an event has brought.
  #newest = new Map();
  #rows = new Rows({ table: "#orders", template: "#order-row", keyAttribute: "data-order-key" });

  constructor(words) {
    this.words = words.orders;
    this.exits = words.exits;
    this.ordersUrl = document.querySelector("#orders").dataset.ordersUrl;
    this.overdue = new Overdue({
      read: (id) => readOrder(`${this.ordersUrl}${id}/placed/`),
      found: (body) => this.#paint(this.#rows.find(keyOf(body)), body),
    });
    for (const { dataset } of this.#rows.body.rows) this.overdue.watch(dataset.clientOrderId, dataset.underWay === "yes");
    document.body.addEventListener("htmx:beforeSwap", (event) => this.#keepTheNewer(event));
  }

  // `body` is `orders.as_body`; `eventNumber` says how new it is.
  apply(body, eventNumber) {
    const row = this.#rows.find(keyOf(body)) ?? this.#add(body);
    if (eventNumber < Number(row.dataset.eventNumber)) return;
    row.dataset.eventNumber = eventNumber;
    this.#newest.set(keyOf(body), body);
    this.#announce(row, body);
    this.#paint(row, body);
    this.#paintPlaced(body);
    document.body.dispatchEvent(new CustomEvent("gatehouse:order"));
  }

  // The ticket's answer. Events of its order may have come before it, or none when the socket is away just then.
  placed(body) {
    if (!this.#rows.find(keyOf(body))) this.#paint(this.#add(body), body);
    this.#paintPlaced(this.#newest.get(keyOf(body)) ?? body);
  }

  #add(body) {
    const row = this.#rows.add(keyOf(body), body.created_at);
    row.dataset.clientOrderId = body.client_order_id ?? "";
    const link = field(row, "name");
    link.href = `${this.ordersUrl}${keyOf(body)}/`;
    link.title = `${body.symbol}: everything about this order`;
    showTime(row.querySelector("time"), body.created_at);
    this.#offerActions(row, body);
    return row;
  }

  #offerActions(row, { client_order_id: id }) {
    if (!id) return;
    row.querySelector("[data-modify]").href = `${this.ordersUrl}${id}/modify/`;
    const form = row.querySelector("form");
    form.action = `${this.ordersUrl}${id}/cancel/`;
    form.setAttribute("hx-post", form.action);
    globalThis.htmx?.process(form);
  }

  #paint(row, body) {
    this.overdue.watch(body.client_order_id, body.cancel_requested || body.change_requested);
    row.dataset.open = this.words[body.status].open ? "yes" : "no";
    const { con_id: conId, limit_price: limit, average_fill_price: paid } = body;
    showFields(row, {
      name: body.name,
      side: body.side,
      filled_quantity: number(body.filled_quantity),
      quantity: number(body.quantity),
      order_type: body.order_type,
      limit_price: number(limit, decimalsOfPrice(conId, limit)),
      stop: stopWords(body, (price) => decimalsOfPrice(conId, price)),
      time_in_force: body.time_in_force,
      average_fill_price: average(paid, decimalsOfPrice(conId, paid)),
    });
    row.querySelector(".average").hidden = paid === null;
    field(row, "attached_as").textContent = this.exits[body.attached_as] ?? "";
    field(row, "side").dataset.side = body.side;
    this.#paintStatus(row, body);
    this.#paintCancel(row.querySelector("form"), body);
    row.querySelector("[data-modify]").hidden = !body.can_modify;
  }

  #paintPlaced(body) {
    for (const line of document.querySelectorAll(`[data-placed="${body.client_order_id}"]`)) {
      showFields(line, { filled_quantity: number(body.filled_quantity), quantity: number(body.quantity) });
      this.#paintStatus(line, body);
    }
  }

  #paintStatus(element, body) {
    const status = field(element, "status");
    const words = this.words[body.status];
    show(status, words.label);
    status.dataset.status = body.status;
    status.dataset.tone = words.tone;
    status.title = body.ib_status ? `The broker's own word: ${body.ib_status}` : "";
    field(element, "reason").replaceChildren(...reasonOf(body));
    element.querySelector("[data-changing]").hidden = !body.change_requested;
  }

  #paintCancel(form, body) {
    const button = form.querySelector("button");
    form.hidden = !body.can_cancel && !body.cancel_requested;
    button.disabled = !body.can_cancel;
    button.textContent = body.cancel_requested ? "Cancelling" : "Cancel";
  }

  #announce(row, body) {
    if (field(row, "status").dataset.status === body.status) return;
    const words = `${body.side} ${body.quantity} ${body.name}: ${this.words[body.status].label}`;
    document.getElementById("order-status").textContent = words;
  }

  // The answer to a cancel can be older than an event that came meanwhile.
  #keepTheNewer({ detail }) {
    const row = detail.target;
    if (!row.matches("tr[data-order-key]")) return;
    const answered = /data-event-number="(\d+)"/.exec(detail.serverResponse);
    if (answered && Number(answered[1]) < Number(row.dataset.eventNumber)) detail.shouldSwap = false;
  }
}

function keyOf({ client_order_id: id, perm_ids: permIds }) {
  return id ?? `perm-${permIds[0]}`;
}

// As `trade/reason.html`. What the broker calls an order that somebody here has cancelled reads like a failure.
// Where the broker has no word on it, the reason is ours: it never left.
function reasonOf({ cancelled_by: by, cancelled_at: at, ib_status: said, reason }) {
  if (!at) return [reason];
  return [`Cancelled by ${by} at `, timeElement(at), ...(said || !reason ? [] : [`. ${reason}`])];
}

// What wakes or moves it; `order_words.stop_words` does the same.
export function stopWords(order, decimalsOf) {
  const { stop_price: stop, trailing_amount: amount, trailing_percent: percent, trail_stop_price: begins } = order;
  if (stop) return number(stop, decimalsOf(stop));
  if (!amount && !percent) return null;
  const by = percent ? `${number(percent)} %` : number(amount, decimalsOf(amount));
  return `trails ${by}${begins ? ` from ${number(begins, decimalsOf(begins))}` : ""}`;
}
