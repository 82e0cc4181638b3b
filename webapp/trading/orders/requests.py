"""Orders and changes of ours as the node sends them."""

from __future__ import annotations

from typing import Any

from brokers.domain import BracketRequest, OrderChange, OrderRequest, OrderSide, OrderType, TimeInForce
from webapp.trading.models import Order, OrderCommand
from webapp.trading.terms import asked_by, columns_of


def to_request(order: Order) -> OrderRequest:
    """Raises ValueError for an order placed elsewhere."""
    if order.client_order_id is None:
        raise ValueError(f"Order {order.pk} was placed elsewhere: it has no id of ours to be sent with.")
    return OrderRequest(
        client_order_id=str(order.client_order_id),
        account_code=order.account_code,
        con_id=order.instrument_id,
        side=OrderSide(order.side),
        order_type=OrderType(order.order_type),
        **_in_our_words(columns_of(order)),
    )


def to_bracket(order: Order) -> BracketRequest | None:
    """The order with what is attached to it; None when nothing is."""
    attached = {one.attached_as: to_request(one) for one in order.attached.all()}
    if not attached:
        return None
    return BracketRequest(
        entry=to_request(order),
        take_profit=attached.get(Order.AttachedAs.TAKE_PROFIT),
        stop_loss=attached.get(Order.AttachedAs.STOP_LOSS),
    )


def to_change(command: OrderCommand) -> OrderChange:
    """Of a MODIFY. Raises ValueError when it names no order of ours."""
    order = command.order
    if order is None or order.client_order_id is None:
        raise ValueError(f"{command} names no order of ours.")
    return OrderChange(client_order_id=str(order.client_order_id), **_in_our_words(asked_by(command)))


def _in_our_words(terms: dict[str, Any]) -> dict[str, Any]:
    if "time_in_force" in terms:
        return {**terms, "time_in_force": TimeInForce(terms["time_in_force"])}
    return terms
