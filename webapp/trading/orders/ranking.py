"""Which status may follow which."""

from __future__ import annotations

from brokers.domain import OrderStatus

_RANK = {
    OrderStatus.PENDING: 0,
    OrderStatus.UNKNOWN: 1,
    OrderStatus.SUBMITTED: 2,
    OrderStatus.FILLED: 3,
    OrderStatus.CANCELLED: 3,
    OrderStatus.REJECTED: 3,
}


def may_follow(old: OrderStatus, new: OrderStatus) -> bool:
    """Whether an order may go from `old` to `new`: to the same, or up. What is final stays what it is."""
    return old is new or _RANK[new] > _RANK[old]
