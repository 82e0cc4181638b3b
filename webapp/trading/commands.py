"""Commands to workers: claimed once, under a lease, before the socket is written to.

PENDING -> SENDING -> SENT
   |          |-----> REFUSED   nothing left this machine
   |          `-----> UNKNOWN   the worker was lost in between, and the broker shows no trace
   `----------------> REFUSED   overdue, or withdrawn by the user

A submit goes from SENT to UNKNOWN, too, when the link was lost before the broker said a word of it. What the node
withdraws before a byte of it left goes from SENT to REFUSED: see `orders.apply_update`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from brokers.domain import OrderStatus
from webapp.accounts.models import GatewaySession
from webapp.trading.models import OrderCommand
from webapp.trading.orders import updates

# An order is accepted only while the session takes orders, so its command is claimed within a second or so. One that
# still waits after this long met an outage, and the market has moved on: the user decides again.
LONGEST_WAIT = timedelta(seconds=60)

OVERDUE = (
    f"Not sent: no session took it within {LONGEST_WAIT.seconds} seconds. "
    "Nothing reached the broker; check the session and decide again."
)
LOST_SUBMIT = (
    "The worker was lost while it sent this order, and the broker shows no trace of it. It may still be there: "
    "look in TWS or IB's app before placing another."
)
LOST_CANCEL = "The worker was lost while it sent the cancel, which may not have arrived. Cancel again if it is open."

LOST_ON_THE_WAY = (
    "The connection was lost while this order was being sent, and the broker shows no trace of it. Look at your orders "
    "there, in TWS or IB's app, before you place it again."
)


def claim_next(*, account_id: UUID, worker: str, fence: int) -> OrderCommand | None:
    """The account's oldest waiting command, now SENDING under this fence and committed; None when there is none.

    Also None when this worker doesn't hold the lease under this fence, by the database's clock. The session's row is
    held meanwhile, so a takeover comes before or after the claim, never across it. Overdue commands are refused on
    the way. Raises RuntimeError inside a transaction, since a claim that could roll back would be sent twice.
    Comes with its order and instrument.
    """
    refuse_overdue(account_id=account_id)
    with transaction.atomic(durable=True):
        if not _holds_lease(account_id, worker, fence):
            return None
        return next((command for command in _waiting(account_id) if _claim(command, fence)), None)


def record_sent(command: OrderCommand) -> bool:
    """The node has it to send. False when it's withdrawn already, or no longer this fence's to conclude."""
    sending = OrderCommand.objects.filter(pk=command.pk, fence=command.fence, state=OrderCommand.State.SENDING)
    if not sending.update(state=OrderCommand.State.SENT, ended_at=Now()):
        return False
    command.state = OrderCommand.State.SENT
    return True


def record_refused(command: OrderCommand, reason: str) -> None:
    """No byte left, for `reason`. A submit's order is REJECTED; a cancel's order stays what it is and says why."""
    updates.refuse(command=command, reason=reason)


def refuse_overdue(*, account_id: UUID | None = None) -> int:
    """Refuse what has waited too long, of one account or of all, and say how many."""
    overdue = OrderCommand.objects.filter(state=OrderCommand.State.PENDING, created_at__lt=Now() - LONGEST_WAIT)
    if account_id is not None:
        overdue = overdue.filter(account_id=account_id)
    commands = list(overdue)
    for command in commands:
        updates.refuse(command=command, reason=OVERDUE)
    return len(commands)


def interrupted(*, account_id: UUID, fence: int) -> QuerySet[OrderCommand]:
    """Commands that an earlier holder of the lease claimed and never concluded, oldest first."""
    sending = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.SENDING, fence__lt=fence)
    return sending.select_related("order__instrument")


def resolve_interrupted(
    *, account_id: UUID, seen_order_refs: Iterable[str], fence: int | None = None
) -> list[OrderCommand]:
    """Conclude every interrupted command: SENT when the broker shows the order, else UNKNOWN. Returns them.

    Call it after a resync, with the orderRefs of all that open orders, completed orders and executions have shown;
    that absence is proved is the caller's to know. Without `fence`, the session's present one.
    """
    seen = {order_ref.lower() for order_ref in seen_order_refs}
    if fence is None:
        fence = GatewaySession.objects.values_list("fence", flat=True).get(account_id=account_id)
    commands = list(interrupted(account_id=account_id, fence=fence))
    for command in commands:
        _resolve(command, seen)
    return commands


def sent_without_a_word(*, account_id: UUID) -> frozenset[int]:
    """The ids of submits whose bytes were handed to a socket and of whose orders the broker has said nothing yet.

    Ask before a resync begins: an order that is sent during one may be missing from it and be well.
    """
    return frozenset(_wordless(account_id).values_list("pk", flat=True))


def resolve_lost(*, account_id: UUID, in_doubt: Iterable[int], seen_order_refs: Iterable[str]) -> list[OrderCommand]:
    """Conclude as UNKNOWN the submits `in_doubt` that left no trace at the broker. Returns them.

    Call it after a resync in which every source of orders answered, with what `sent_without_a_word` said before it.
    When the broker shows such an order after all, `orders.apply_update` links it.
    """
    seen = {order_ref.lower() for order_ref in seen_order_refs}
    silent = _wordless(account_id).filter(pk__in=list(in_doubt)).select_related("order").order_by("id")
    lost = [command for command in silent if not _left_a_trace(command, seen)]
    for command in lost:
        updates.mark_unknown(command=command, reason=LOST_ON_THE_WAY)
    return lost


def _wordless(account_id: UUID) -> QuerySet[OrderCommand]:
    return OrderCommand.objects.filter(
        account_id=account_id,
        verb=OrderCommand.Verb.SUBMIT,
        state=OrderCommand.State.SENT,
        order__status=OrderStatus.PENDING.value,
    )


def _resolve(command: OrderCommand, seen: set[str]) -> None:
    if _left_a_trace(command, seen):
        record_sent(command)
    elif command.verb == OrderCommand.Verb.SUBMIT:
        updates.mark_unknown(command=command, reason=LOST_SUBMIT)
    else:
        updates.mark_unknown(command=command, reason=LOST_CANCEL)


def _left_a_trace(command: OrderCommand, seen: set[str]) -> bool:
    """A submit shows in what the broker lists, or said, of its order; a cancel only in the order's end."""
    status = OrderStatus(command.order.status)
    if command.verb == OrderCommand.Verb.SUBMIT:
        said = status not in (OrderStatus.PENDING, OrderStatus.UNKNOWN)
        return said or str(command.order.client_order_id) in seen
    return status.is_final


def _holds_lease(account_id: UUID, worker: str, fence: int) -> bool:
    sessions = GatewaySession.objects.filter(
        account_id=account_id, owner=worker, fence=fence, lease_expires_at__gt=Now()
    )
    return sessions.select_for_update(no_key=True).first() is not None


def _waiting(account_id: UUID) -> QuerySet[OrderCommand]:
    waiting = OrderCommand.objects.filter(account_id=account_id, state=OrderCommand.State.PENDING)
    return waiting.select_related("order__instrument").order_by("id")


def _claim(command: OrderCommand, fence: int) -> bool:
    """The UPDATE decides: False when the user withdrew the command since it was read."""
    waiting = OrderCommand.objects.filter(pk=command.pk, state=OrderCommand.State.PENDING)
    if not waiting.update(state=OrderCommand.State.SENDING, fence=fence, claimed_at=Now()):
        return False
    command.state, command.fence = OrderCommand.State.SENDING, fence
    return True
