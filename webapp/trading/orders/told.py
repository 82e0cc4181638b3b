"""The terms that the broker says it works by, as an order's columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from brokers.domain import PRICE_NAMES, PRICES_ON_THE_SCALE, OrderUpdate, TimeInForce, trades_below_zero
from webapp.trading.amounts import fitted, fitted_or_none
from webapp.trading.models import Order
from webapp.trading.texts import clip


def told_terms(order: Order, update: OrderUpdate) -> dict[str, Any]:
    """What the order's columns should say of its terms after this update."""
    return (
        _of_an_order_placed_elsewhere(order, update) if order.client_order_id is None else _of_our_order(order, update)
    )


def first_terms(update: OrderUpdate) -> dict[str, Any]:
    """Of an order placed elsewhere that is seen for the first time."""
    return {
        **_prices(update),
        "order_type": clip(update.order_type, 20),
        "time_in_force": clip(update.time_in_force, 8),
        "good_till_date": update.good_till_date,
        "outside_rth": update.outside_rth,
        "quantity": fitted(update.quantity),
    }


def _of_an_order_placed_elsewhere(order: Order, update: OrderUpdate) -> dict[str, Any]:
    """It may be changed elsewhere.

    IB reports a completed order with a quantity of 0, which says nothing of what was asked for.
    """
    told = first_terms(update)
    return told | {name: told[name] or getattr(order, name) for name in ("order_type", "time_in_force", "quantity")}


def _of_our_order(order: Order, update: OrderUpdate) -> dict[str, Any]:
    """What a change can change, once IB works by it. What IB leaves out stays as it was."""
    told = {
        **_prices(update),
        "time_in_force": clip(update.time_in_force, 8),
        "good_till_date": update.good_till_date,
        "quantity": fitted(update.quantity),
    }
    said = {name: value for name, value in told.items() if value or _may_be_zero(name, value, order, update)}
    return said | {"outside_rth": update.outside_rth} | _replaced(update)


def _may_be_zero(name: str, value: object, order: Order, update: OrderUpdate) -> bool:
    """A limit may stand right at the stop that it follows, and a working order at zero where that is a price.

    Elsewhere a zero is IB's way to say nothing.
    """
    if value is None or name == "limit_price_offset":
        return value is not None
    is_at_work = not update.status.is_final and name in PRICES_ON_THE_SCALE
    return is_at_work and trades_below_zero(order.instrument.security_type)


def _replaced(update: OrderUpdate) -> dict[str, Any]:
    """What is no more: one way of trailing takes the other's place, and only GTD has a date."""
    ways = {"trailing_amount": update.trailing_amount, "trailing_percent": update.trailing_percent}
    gone = {name: None for name, value in ways.items() if value is None and any(ways.values())}
    is_undated = bool(update.time_in_force) and update.time_in_force != TimeInForce.GTD
    return gone | ({"good_till_date": None} if is_undated else {})


def _prices(update: OrderUpdate) -> dict[str, Decimal | None]:
    return {name: fitted_or_none(getattr(update, name)) for name in PRICE_NAMES}
