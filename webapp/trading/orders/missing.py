"""Orders that the broker had at work, and shows nowhere any more.

IB shows the executions and completed orders of about a day. What ended while nobody was connected for longer is in none
of its answers, and may have been filled: saying SUBMITTED, or any end, would be a guess.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from brokers.domain import OrderStatus
from webapp.trading.locks import hold
from webapp.trading.models import Order
from webapp.trading.orders import changes

MISSING = (
    "The broker had this order, and shows it no more: not among its open orders, nor among the completed orders and "
    "executions of about a day. It is over or was filled. Look at your positions and at the broker's statement."
)


def at_work(*, account_id: UUID) -> frozenset[str]:
    """The order_refs of our orders that are SUBMITTED. Taken before a reading, for `mark_missing` after it."""
    orders = Order.objects.filter(account_id=account_id, status=OrderStatus.SUBMITTED, client_order_id__isnull=False)
    return frozenset(str(client_order_id) for client_order_id in orders.values_list("client_order_id", flat=True))


def mark_missing(*, account_id: UUID, order_refs: Collection[str]) -> list[Order]:
    """Those of `order_refs` that are still SUBMITTED become UNKNOWN, and say why. Returns them.

    For orders that were SUBMITTED before every source of orders was read, and that none of them showed. The broker's
    next word on one counts: see `apply_update`.
    """
    with transaction.atomic():
        hold(account_id)
        missing = Order.objects.filter(
            account_id=account_id, status=OrderStatus.SUBMITTED, client_order_id__in=list(order_refs)
        )
        return [_mark(order) for order in missing]


def _mark(order: Order) -> Order:
    order.status, order.reason = OrderStatus.UNKNOWN.value, MISSING
    order.save(update_fields=["status", "reason", "updated_at"])
    changes.tell(order)
    return order
