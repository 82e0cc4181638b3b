"""What is withdrawn before any worker has claimed it: the broker never hears of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now

from brokers.domain import OrderStatus
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes

WITHDRAWN = "Cancelled before it was sent: the broker never saw it."
CHANGE_WITHDRAWN = "Withdrawn before it was sent: the order keeps its terms."


def withdraw(order: Order) -> bool:
    """End a submit that no worker has claimed; False when one has. The claim and this are decided by one row."""
    submits = order.commands.filter(verb=OrderCommand.Verb.SUBMIT, state=OrderCommand.State.PENDING)
    if not submits.update(state=OrderCommand.State.REFUSED, reason=WITHDRAWN, ended_at=Now()):
        return False
    order.status, order.reason = OrderStatus.CANCELLED.value, WITHDRAWN
    order.save(update_fields=["status", "reason", "updated_at"])
    return True


def withdraw_all(account_id: UUID) -> None:
    """Every order and change of the account that waits for a worker. The caller holds the account."""
    waiting = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.PENDING)
    for change in waiting.filter(verb=OrderCommand.Verb.MODIFY).select_related("order"):
        ended = waiting.filter(pk=change.pk).update(
            state=OrderCommand.State.REFUSED, reason=CHANGE_WITHDRAWN, ended_at=Now()
        )
        if change.order is not None and ended:
            changes.tell(change.order)
    for submit in waiting.filter(verb=OrderCommand.Verb.SUBMIT).select_related("order"):
        if submit.order is not None and withdraw(submit.order):
            changes.tell(submit.order)
