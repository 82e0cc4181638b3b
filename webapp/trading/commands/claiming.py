"""Commands taken by a worker, and refused when they have waited too long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading.models import OrderCommand
from webapp.trading.orders import conclusions, standing
from webapp.trading.orders.attached import is_led, submits_with

# A cancel is wanted for longer than an order is: it may wait for a lost worker's successor. Cancelling all waits for as
# long as it takes; whoever asked for it withdraws it by releasing the kill switch.
CANCEL_WAITS = timedelta(seconds=60)

_ENTERS = (OrderCommand.Verb.SUBMIT, OrderCommand.Verb.MODIFY)


def overdue_sentence(command: OrderCommand) -> str:
    waited = settings.ORDER_TIME_TO_LIVE if command.verb in _ENTERS else CANCEL_WAITS
    return (
        f"Not sent: no session took it within {waited.total_seconds():g} seconds. "
        "Nothing reached the broker; check the session and decide again."
    )


def claim_next(
    *,
    account_id: UUID,
    worker: str,
    fence: int,
    verbs: Collection[OrderCommand.Verb] = tuple(OrderCommand.Verb),
    from_order_id: int | None = None,
) -> OrderCommand | None:
    """The account's oldest waiting command, now SENDING under this fence and committed; None when there is none.

    Also None when this worker doesn't hold the lease under this fence, by the database's clock. The session's row is
    held meanwhile, so a takeover comes before or after the claim, never across it. Overdue commands are refused on
    the way. Raises RuntimeError inside a transaction, since a claim that could roll back would be sent twice.
    Comes with its order, its instrument and what is attached to it, so that nothing is read any more before the bytes,
    and says until when it may leave. What it places will have `from_order_id` or a higher id: written down now, since a
    worker that is lost with it can't say so. The submits of what is attached to the order are claimed with its own.
    """
    waiting = _waiting(account_id).filter(verb__in=verbs)
    # Asked for every account every second, and nearly always in vain: one look at a small index.
    if not waiting.exists():
        return None
    refuse_overdue(account_id=account_id)
    refuse_forbidden(account_id=account_id)
    with transaction.atomic(durable=True):
        if not _holds_lease(account_id, worker, fence):
            return None
        if standing.why_closed(_account(account_id)):
            waiting = waiting.exclude(verb__in=_ENTERS)
        return next((command for command in waiting if _claim(command, fence, from_order_id)), None)


def is_any_claimed(*, account_id: UUID, fence: int, verbs: Collection[OrderCommand.Verb]) -> bool:
    """Whether one stands at SENDING under this fence: claimed by its holder, and not concluded."""
    sending = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.SENDING)
    return sending.filter(fence=fence, verb__in=verbs).exists()


def refuse_overdue(*, account_id: UUID | None = None) -> int:
    """Refuse what has waited too long, of one account or of all, and say how many.

    The market has moved on since: the user decides again.
    """
    overdue = OrderCommand.objects.filter(_overdue(), state=OrderCommand.State.PENDING).exclude(is_led())
    if account_id is not None:
        overdue = overdue.filter(account_id=account_id)
    commands = list(overdue)
    for command in commands:
        conclusions.refuse(command=command, reason=overdue_sentence(command))
    return len(commands)


def refuse_forbidden(*, account_id: UUID) -> None:
    """Orders and changes that were asked for before live trading was turned off, or the account was suspended."""
    reason = standing.why_closed(_account(account_id))
    if not reason:
        return
    waiting = OrderCommand.objects.filter(account_id=account_id, verb__in=_ENTERS, state=OrderCommand.State.PENDING)
    for command in waiting.exclude(is_led()):
        conclusions.refuse(command=command, reason=reason)


def _account(account_id: UUID) -> BrokerAccount:
    return BrokerAccount.objects.get(pk=account_id)


def _overdue() -> Q:
    entering = Q(verb__in=_ENTERS, created_at__lt=Now() - settings.ORDER_TIME_TO_LIVE)
    return entering | Q(verb=OrderCommand.Verb.CANCEL, created_at__lt=Now() - CANCEL_WAITS)


def _holds_lease(account_id: UUID, worker: str, fence: int) -> bool:
    sessions = GatewaySession.objects.filter(
        account_id=account_id, owner=worker, fence=fence, lease_expires_at__gt=Now()
    )
    return sessions.select_for_update(no_key=True).first() is not None


def _waiting(account_id: UUID) -> QuerySet[OrderCommand]:
    waiting = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.PENDING).exclude(is_led())
    return waiting.select_related("order__instrument").prefetch_related("order__attached").order_by("id")


def _claim(command: OrderCommand, fence: int, from_order_id: int | None) -> bool:
    """The UPDATE decides: False when the user withdrew the command since it was read, or it grew too old meanwhile."""
    waiting = OrderCommand.objects.filter(pk=command.pk, state=OrderCommand.State.PENDING).exclude(_overdue())
    now = monotonic()
    claimed = {"state": OrderCommand.State.SENDING, "fence": fence, "claimed_at": Now()}
    if not waiting.update(**claimed, from_order_id=from_order_id):
        return False
    command.refresh_from_db(fields=["claimed_at"])
    command.send_by = _send_by(command, now)
    # Whatever their age: they leave with this one or not at all.
    together = submits_with(command).filter(state=OrderCommand.State.PENDING)
    together.update(**claimed)
    command.state, command.fence = OrderCommand.State.SENDING, fence
    return True


def _send_by(command: OrderCommand, now: float) -> float | None:
    """`now` is when it was claimed. Its age is the database's to say: the web's clock, and this one, may differ."""
    if command.verb not in _ENTERS or command.claimed_at is None:
        return None
    age = command.claimed_at - command.created_at
    return now + (settings.ORDER_TIME_TO_LIVE - age).total_seconds()
