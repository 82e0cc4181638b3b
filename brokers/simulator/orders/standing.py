"""Where an order stands: its status in IB's words, and why it is held.

https://interactivebrokers.github.io/tws-api/order_submission.html: PreSubmitted is an order that the broker keeps (a
stop that sleeps, an attached order whose parent isn't filled, an order outside its hours); Submitted one that is at
the exchange; Inactive one that isn't working, which may also mean that shares are being located for it.
"""

from __future__ import annotations

from brokers.simulator.catalogue.hours import Phase
from brokers.simulator.orders.order import INACTIVE, PRE_SUBMITTED, SUBMITTED, Order
from brokers.simulator.orders.terms import may_trade_outside_regular_hours

CHILD, TRIGGER, LOCATE = "child", "trigger", "locate"


def standing(order: Order, phase: Phase) -> tuple[str, str]:
    """The status of an open order, and what holds it; several reasons are parted by commas, as IB writes them."""
    held = list(_reasons(order))
    if LOCATE in held:
        return INACTIVE, LOCATE
    if held or order.is_at_auction or not may_trade(order, phase):
        return PRE_SUBMITTED, ",".join(held)
    return SUBMITTED, ""


def _reasons(order: Order) -> list[str]:
    reasons = {
        CHILD: order.waits_for_parent,
        LOCATE: order.course.to_locate > 0 and not order.waits_for_parent,
        TRIGGER: order.wakes and not order.course.is_elected,
    }
    return [reason for reason, holds in reasons.items() if holds]


def may_trade(order: Order, phase: Phase) -> bool:
    """Whether its market is open to it now."""
    if phase is Phase.EXTENDED:
        return may_trade_outside_regular_hours(order.message)
    return phase is Phase.REGULAR
