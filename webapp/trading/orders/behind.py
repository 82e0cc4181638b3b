"""The broker's orders behind one of ours, as one: two can stand there after a change in an outage."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokers.domain import OrderStatus, OrderUpdate
from webapp.trading.amounts import fitted
from webapp.trading.models import BrokerOrder, Order


def as_one(order: Order, update: OrderUpdate) -> OrderUpdate:
    """What the broker says of all of them, once this update of one is noted.

    The order works while any of them does; what was filled is what they filled together. An update that names no
    broker order, or of the only one, says all there is to say.
    """
    _note(order, update)
    behind = list(order.broker_orders.all())
    if len(behind) < 2 or update.perm_id is None:
        return update
    return replace(
        update,
        status=_together(behind),
        filled_quantity=sum((one.filled_quantity for one in behind), Decimal(0)),
        average_fill_price=None,  # of one of them alone
    )


def works_again(order: Order, update: OrderUpdate) -> bool:
    """Whether an order that was over has turned out to be one of two, of which the other works."""
    several = update.perm_id is not None and order.broker_orders.count() > 1
    return several and update.status is OrderStatus.SUBMITTED


def _note(order: Order, update: OrderUpdate) -> None:
    if update.perm_id is None:
        return
    row = BrokerOrder.objects.get(account_id=order.account_id, perm_id=update.perm_id)
    row.filled_quantity = max(row.filled_quantity, fitted(update.filled_quantity))
    if not (row.status and OrderStatus(row.status).is_final):
        row.status = update.status.value
    row.save(update_fields=["status", "filled_quantity"])


def _together(behind: list[BrokerOrder]) -> OrderStatus:
    """One of which nothing is known yet may work."""
    statuses = [OrderStatus(one.status) if one.status else OrderStatus.SUBMITTED for one in behind]
    working = [status for status in statuses if not status.is_final]
    if working:
        return OrderStatus.SUBMITTED
    return OrderStatus.FILLED if OrderStatus.FILLED in statuses else statuses[-1]
