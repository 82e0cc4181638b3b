// The fills, each with its commission once that is reported. A correction takes its fill's place.

import { decimalsOfPrice, field, showFields } from "./cells.js";
import { number, rounded, signed } from "./format.js";
import { Rows } from "./rows.js";
import { showTime } from "./times.js";

// IB corrects `….01` with `….02`: the same id but for a higher last part. As `trade_of` in `webapp/trading/fills.py`.
const EXEC_ID = /^([0-9a-f]+\.[0-9a-f]+\.[0-9]+)\.([0-9]{2,4})$/i;

export class Fills {
  #rows = new Rows({ table: "#fills", template: "#fill-row", keyAttribute: "data-exec-id" });

  // `body` is `fills.as_body`.
  apply(body) {
    if (this.#isCorrected(body.exec_id)) return;
    this.#removeCorrectedBy(body.exec_id);
    const row = this.#rows.find(body.exec_id) ?? this.#rows.add(body.exec_id, body.executed_at);
    showTime(row.querySelector("time"), body.executed_at);
    showFields(row, {
      name: body.name,
      side: body.side,
      quantity: number(body.quantity),
      price: number(body.price, decimalsOfPrice(body.con_id, body.price)),
      commission: commission(body),
      realized_pnl: realizedPnl(body),
      exchange: body.exchange,
    });
    field(row, "name").title = body.symbol;
    field(row, "side").dataset.side = body.side;
    document.body.dispatchEvent(new CustomEvent("gatehouse:fill"));
  }

  #isCorrected(execId) {
    return this.#ids().some((other) => corrects(other, execId));
  }

  #removeCorrectedBy(execId) {
    for (const other of this.#ids()) if (corrects(execId, other)) this.#rows.find(other).remove();
  }

  #ids() {
    return [...this.#rows.body.rows].map((row) => row.dataset.execId);
  }
}

export function corrects(newer, older) {
  const [left, right] = [EXEC_ID.exec(newer), EXEC_ID.exec(older)];
  return Boolean(left && right) && left[1] === right[1] && Number(left[2]) > Number(right[2]);
}

export function commission(fill) {
  return reported(number(fill.commission, 2), fill);
}

// In the commission's currency, with which it is reported.
export function realizedPnl(fill) {
  return reported(signed(rounded(fill.realized_pnl, 2), 2), fill);
}

function reported(amount, { commission_currency: currency }) {
  return amount === null ? null : `${amount} ${currency ?? ""}`.trim();
}
