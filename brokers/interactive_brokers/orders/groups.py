"""Orders that belong together: brackets, and groups of which one cancels all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from brokers.domain import BracketRequest, OrderRequest, OrderType
from brokers.interactive_brokers.orders.checks import require_decimals
from brokers.refusals import OrderRefused

# What can take a profit, and what can stop a loss.
_KINDS = {
    "take profit": frozenset({OrderType.LMT, OrderType.MIT, OrderType.LIT}),
    "stop loss": frozenset({OrderType.STP, OrderType.STP_LMT, OrderType.TRAIL, OrderType.TRAIL_LIMIT}),
}


def bracket_orders(bracket: BracketRequest) -> tuple[OrderRequest, ...]:
    """Parent first, each child attached to it. Raises OrderRefused when they don't make a bracket."""
    entry, exits = bracket.entry, _exits(bracket)
    if not exits:
        raise OrderRefused("A bracket needs a take profit or a stop loss; place the entry by itself instead.")
    for order in (entry, *exits.values()):
        require_decimals(order)  # which are about to be compared
    for name, child in exits.items():
        _require_child(child, name, entry)
        _require_kind(child, name)
    _require_sides_of_the_market(bracket)
    return (entry, *(replace(child, parent_client_order_id=entry.client_order_id) for child in exits.values()))


def _exits(bracket: BracketRequest) -> dict[str, OrderRequest]:
    """By the names that a sentence gives them."""
    exits = {"take profit": bracket.take_profit, "stop loss": bracket.stop_loss}
    return {name: child for name, child in exits.items() if child is not None}


def _require_child(child: OrderRequest, name: str, entry: OrderRequest) -> None:
    if child.parent_client_order_id not in ("", entry.client_order_id):
        raise OrderRefused(f"The {name} is attached to {child.parent_client_order_id}, which is not the entry.")
    if (child.account_code, child.con_id) != (entry.account_code, entry.con_id):
        raise OrderRefused(f"The {name} is for another account or instrument than the entry.")
    if child.side is entry.side:
        raise OrderRefused(f"The {name} is a {child.side}, as the entry is; it has to be of the other side.")
    if child.quantity != entry.quantity:
        raise OrderRefused(
            f"The {name} is for {child.quantity} and the entry for {entry.quantity}; they have to agree."
        )


def _require_kind(child: OrderRequest, name: str) -> None:
    kinds = _KINDS[name]
    if child.order_type not in kinds:
        choices = ", ".join(kind for kind in OrderType if kind in kinds)
        raise OrderRefused(f"A {name} of type {child.order_type} doesn't make a bracket; it can be {choices}.")


def _require_sides_of_the_market(bracket: BracketRequest) -> None:
    """The profit lies on one side of the entry and the loss on the other; only prices that are given are compared."""
    entry, sign = bracket.entry, bracket.entry.side.sign
    prices = (_stop(bracket.stop_loss), entry.limit_price, _target(bracket.take_profit))
    along_the_way = [price for price in prices if price is not None]
    if along_the_way != sorted(along_the_way, key=lambda price: price * sign):
        shown = " < ".join(["stop loss", "entry", "take profit"][::sign])
        raise OrderRefused(f"The prices of a bracket around a {entry.side} have to be in order: {shown}.")


def _stop(order: OrderRequest | None) -> Decimal | None:
    return order.stop_price if order is not None else None


def _target(order: OrderRequest | None) -> Decimal | None:
    if order is None:
        return None
    return order.stop_price if order.limit_price is None else order.limit_price


def require_group(requests: Sequence[OrderRequest]) -> None:
    """Raises OrderRefused unless they are several orders of one group."""
    if len(requests) < 2:
        raise OrderRefused("An OCA group needs two orders or more, of which one cancels the others.")
    if not all(request.oca_group for request in requests):
        raise OrderRefused("Every order of an OCA group names it; at least one does not.")
    if len({(request.oca_group, request.oca_type, request.account_code) for request in requests}) > 1:
        raise OrderRefused("The orders of an OCA group name one group and one type of it, in one account.")
