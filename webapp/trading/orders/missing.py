"""Orders that the broker had at work, and shows nowhere any more.

IB shows executions and completed orders since midnight alone: see `broker_day`. What ended before, while nobody was
connected, is in none of its answers, and may have been filled: saying SUBMITTED, or any end, would be a guess.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from brokers.domain import OrderStatus
from webapp.trading.locks import hold
from webapp.trading.models import Order
from webapp.trading.orders import changes

MISSING = (
    "The broker had this order, and shows it no more: not among its open orders, nor among the completed orders and "
    "executions, of which it shows those since midnight. It is over or was filled. Look at your positions and at the "
    "broker's statement."
)


def at_work(*, account_id: UUID) -> frozenset[int]:
    """The keys of the orders that are SUBMITTED. Taken before a reading, for `mark_missing` after it."""
    return frozenset(_at_work(account_id).values_list("pk", flat=True))


def mark_missing(
    *, account_id: UUID, at_work: Collection[int], order_refs: Collection[str], perm_ids: Collection[int]
) -> list[Order]:
    """Those that were `at_work`, still are, and were not shown become UNKNOWN, and say why. Returns them.

    `order_refs` and `perm_ids` are all that was shown when every source of orders was read: an order placed elsewhere
    may have the broker's id alone. The broker's next word on one counts: see `apply_update`.
    """
    refs, ids = {order_ref.lower() for order_ref in order_refs}, set(perm_ids)
    with transaction.atomic():
        hold(account_id)
        candidates = _at_work(account_id).filter(pk__in=list(at_work)).prefetch_related("broker_orders")
        return [_mark(order) for order in candidates if not _is_shown(order, refs, ids)]


def _at_work(account_id: UUID) -> QuerySet[Order]:
    return Order.objects.filter(account_id=account_id, status=OrderStatus.SUBMITTED.value)


def _is_shown(order: Order, order_refs: set[str], perm_ids: set[int]) -> bool:
    by_id = any(broker_order.perm_id in perm_ids for broker_order in order.broker_orders.all())
    return by_id or str(order.client_order_id) in order_refs


def _mark(order: Order) -> Order:
    order.status, order.reason = OrderStatus.UNKNOWN.value, MISSING
    order.save(update_fields=["status", "reason", "updated_at"])
    changes.tell(order)
    return order
