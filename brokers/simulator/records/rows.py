"""What the ledger's rows hold, kind by kind; the ledger's own page describes them."""

from __future__ import annotations

from typing import Any

from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Commission, Execution, Order
from brokers.simulator.orders.terms import limit_price_of, quantity_of
from brokers.simulator.wire import integer

Columns = dict[str, Any]


def order_row(event: str, client_id: int, perm_id: int | None, account: str, message: OrderMessage) -> Columns:
    return {
        "event": event,
        "order_id": message.order_id,
        "client_id": client_id,
        "perm_id": perm_id,
        "order_ref": message.terms["orderRef"],
        "account": account,
        "con_id": integer(message.contract["conId"]),
        "symbol": message.contract["symbol"],
        "side": message.terms["action"],
        "order_type": message.terms["orderType"],
        "quantity": quantity_of(message),
        "limit_price": limit_price_of(message),
        "time_in_force": message.terms["tif"],
        "message": message.as_row(),
    }


def refusal_row(client_id: int, perm_id: int | None, message: OrderMessage, code: int, text: str) -> Columns:
    return {
        "order_id": message.order_id,
        "client_id": client_id,
        "perm_id": perm_id,
        "order_ref": message.terms["orderRef"],
        "code": code,
        "text": text,
    }


def status_row(order: Order) -> Columns:
    return {
        **_identity(order),
        "con_id": order.instrument.con_id,
        "account": order.account,
        "status": order.status,
        "filled": order.filled,
        "remaining": order.remaining,
        "average_price": order.average_price,
        "why_held": order.why_held,
        "completed": order.completed_status,
        "done_at": order.done_at,
        "course": order.course.as_row(),
    }


def execution_row(execution: Execution) -> Columns:
    order = execution.order
    return {
        "exec_id": execution.exec_id,
        **_identity(order),
        "account": order.account,
        "con_id": execution.instrument.con_id,
        "symbol": execution.instrument.symbol,
        "side": "BUY" if execution.sign > 0 else "SELL",
        "quantity": execution.quantity,
        "price": execution.price,
        "exchange": execution.exchange,
        "executed_at": execution.at,
        "cumulative": execution.cumulative,
        "average_price": execution.average_price,
    }


def commission_row(commission: Commission) -> Columns:
    return {
        "exec_id": commission.exec_id,
        "amount": commission.amount,
        "currency": commission.currency,
        "realized_pnl": commission.realized_pnl,
    }


def cancel_row(client_id: int, order_id: int | None, order: Order | None) -> Columns:
    return {
        "order_id": order_id,
        "client_id": client_id,
        "perm_id": order.perm_id if order else None,
        "order_ref": order.order_ref if order else None,
    }


def _identity(order: Order) -> Columns:
    return {
        "order_id": order.order_id,
        "client_id": order.client_id,
        "perm_id": order.perm_id,
        "order_ref": order.order_ref,
    }
