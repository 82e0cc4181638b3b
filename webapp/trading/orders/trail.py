"""What a user asked of an order, as the audit log is told of it. Recorded before the event, which locks the account."""

from __future__ import annotations

from decimal import Decimal

from webapp.audit import recording as audit
from webapp.audit.recording import Action
from webapp.trading.amounts import plain
from webapp.trading.models import Order, OrderCommand


def placed(order: Order) -> None:
    _record(Action.ORDER_PLACED, order, in_words(order, order.quantity, order.limit_price))


def change_asked(order: Order, command: OrderCommand) -> None:
    assert command.quantity is not None  # noqa: S101 - of every command to change
    asked = in_words(order, command.quantity, command.limit_price)
    _record(Action.ORDER_MODIFIED, order, f"To {asked}, from {in_words(order, order.quantity, order.limit_price)}")


def cancel_asked(order: Order) -> None:
    _record(Action.ORDER_CANCELLED, order, in_words(order, order.quantity, order.limit_price))


def in_words(order: Order, quantity: Decimal, limit_price: Decimal | None) -> str:
    """`BUY 10 AAPL LMT 187.31 DAY`, in IB's words."""
    price = "" if limit_price is None else f" {plain(limit_price)}"
    what = f"{order.side} {plain(quantity)} {order.instrument.display_symbol}"
    return f"{what} {order.order_type}{price} {order.time_in_force}"


def _record(action: Action, order: Order, text: str) -> None:
    audit.record(action, account=order.account, subject=str(order.client_order_id or ""), text=text)
