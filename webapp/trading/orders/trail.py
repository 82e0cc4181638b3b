"""What a user asked of an order, as the audit log is told of it. Recorded before the event, which locks the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from brokers.domain import PRICE_NAMES
from webapp.audit import recording as audit
from webapp.audit.recording import Action
from webapp.trading.amounts import plain
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders.attached import attached_as
from webapp.trading.terms import asked_by, columns_of


def placed(order: Order) -> None:
    attached = f", {attached_as(order)} of {order.parent.client_order_id}" if order.parent is not None else ""
    _record(Action.ORDER_PLACED, order, f"{_whole(order, columns_of(order))}{attached}")


def change_asked(order: Order, command: OrderCommand) -> None:
    was = columns_of(order)
    asked = _whole(order, {**was, **asked_by(command)})
    _record(Action.ORDER_MODIFIED, order, f"To {asked}, from {_whole(order, was)}")


def cancel_asked(order: Order) -> None:
    _record(Action.ORDER_CANCELLED, order, _whole(order, columns_of(order)))


def _whole(order: Order, terms: Mapping[str, Any]) -> str:
    """`BUY 10 AAPL STP LMT 187.31 DAY, stop price 187`, in IB's words."""
    limit = "" if terms["limit_price"] is None else f" {plain(terms['limit_price'])}"
    what = f"{order.side} {plain(terms['quantity'])} {order.instrument.display_symbol}"
    return ", ".join([f"{what} {order.order_type}{limit} {terms['time_in_force']}", *_others(terms)])


def _others(terms: Mapping[str, Any]) -> Iterator[str]:
    for name, words in PRICE_NAMES.items():
        if name != "limit_price" and terms[name] is not None:
            yield f"{words} {plain(terms[name])}"
    if terms["good_till_date"] is not None:
        yield f"until {terms['good_till_date']:%Y-%m-%d %H:%M:%S} UTC"
    if terms["outside_rth"]:
        yield "outside regular hours"


def _record(action: Action, order: Order, text: str) -> None:
    audit.record(action, account=order.account, subject=str(order.client_order_id or ""), text=text)
