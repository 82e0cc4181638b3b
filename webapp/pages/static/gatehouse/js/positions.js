// Positions, as the broker counts them. One that is closed goes.

import { decimalsOfPrice, showFields } from "./cells.js";
import { average, number } from "./format.js";
import { Rows } from "./rows.js";

export class Positions {
  #rows = new Rows({ table: "#positions", template: "#position-row", keyAttribute: "data-position-key" });

  // `body` is `positions.as_body`.
  apply(body) {
    const key = `${body.account_code}-${body.con_id}`;
    if (body.quantity === "0") return this.#rows.find(key)?.remove();
    const row = this.#rows.find(key) ?? this.#add(key, body);
    row.dataset.positionConId = body.con_id;
    return showFields(row, {
      name: body.name,
      quantity: number(body.quantity),
      average_cost: average(body.average_cost, decimalsOfPrice(body.con_id, body.average_cost)),
    });
  }

  // A combination, whose con_id is below zero, has no page.
  #add(key, { con_id: conId, symbol }) {
    const row = this.#rows.add(key);
    const link = row.querySelector("a");
    link.title = `${symbol}: chart, depth and contract`;
    if (conId > 0) link.href = row.closest("table").dataset.instruments.replace("/0/", `/${conId}/`);
    return row;
  }
}
