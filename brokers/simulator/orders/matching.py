"""Which orders the market serves first, and which of its prices an order may have."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from brokers.simulator.market.book import Level
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.terms import ZERO


def priority(order: Order) -> tuple[int, Decimal, int]:
    """The order in which an exchange serves those who wait: market orders, then the best limit, then the oldest."""
    limit = order.worst_price
    return (0, ZERO, order.perm_id) if limit is None else (1, -order.sign * limit, order.perm_id)


def within_limit(order: Order, levels: Iterable[Level]) -> list[Level]:
    """What the order can trade with: a buyer's are the asks up to its worst price."""
    return [level for level in levels if is_within_limit(order, level.price)]


def is_within_limit(order: Order, price: Decimal) -> bool:
    worst = order.worst_price
    return worst is None or (price - worst) * order.sign <= 0
