"""What is withdrawn before any worker has claimed it: the broker never hears of it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from brokers.domain import OrderStatus
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes
from webapp.trading.orders.attached import group_of

WITHDRAWN = "Cancelled before it was sent: the broker never saw it."
CHANGE_WITHDRAWN = "Withdrawn before it was sent: the order keeps its terms."


def withdraw(order: Order) -> list[Order]:
    """End a submit that no worker has claimed, with all that would leave with it, and return what it ended.

    Nothing when a worker has claimed it. The claim and this are decided by the row of the entry's submit.
    """
    group = group_of(order)
    submits = OrderCommand.objects.filter(verb=OrderCommand.Verb.SUBMIT, state=OrderCommand.State.PENDING)
    if not _end(submits.filter(order=group[0]), WITHDRAWN):
        return []
    _end(submits.filter(order__in=group), WITHDRAWN)
    return [_cancelled(one) for one in group]


def name(ended: Collection[Order], *, through: OrderCommand) -> None:
    """Whose cancel ended what `withdraw` returned."""
    Order.objects.filter(pk__in=[order.pk for order in ended]).update(cancelled_through=through)


def withdraw_all(account_id: UUID, *, through: OrderCommand) -> None:
    """Every order and change of the account that waits for a worker. The caller holds the account."""
    waiting = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.PENDING)
    for change in waiting.filter(verb=OrderCommand.Verb.MODIFY).select_related("order"):
        if _end(waiting.filter(pk=change.pk), CHANGE_WITHDRAWN) and change.order is not None:
            changes.tell(change.order)
    for submit in waiting.filter(verb=OrderCommand.Verb.SUBMIT).select_related("order"):
        if submit.order is not None:
            ended = withdraw(submit.order)
            name(ended, through=through)
            for order in ended:
                changes.tell(order)


def _end(waiting: QuerySet[OrderCommand], reason: str) -> int:
    return waiting.update(state=OrderCommand.State.REFUSED, reason=reason, ended_at=Now())


def _cancelled(order: Order) -> Order:
    order.status, order.reason = OrderStatus.CANCELLED.value, WITHDRAWN
    order.save(update_fields=["status", "reason", "updated_at"])
    return order
