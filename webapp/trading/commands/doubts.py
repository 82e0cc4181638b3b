"""Commands of which nobody knows whether they arrived, and how it is found out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from brokers.domain import OrderStatus
from webapp.accounts.models import GatewaySession
from webapp.trading import broker_day
from webapp.trading.commands.outcomes import note_sent
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import conclusions
from webapp.trading.orders.bodies import is_taken

# How long a submit may go without the broker's first word, once it can't wait in the node's lanes any more.
FIRST_WORD = timedelta(seconds=2)

CHECKING = "Its open orders, completed orders and executions are being read, twice. Do not place it again meanwhile."
LOST_SUBMIT = f"The worker was lost while it sent this order, and the broker has shown no trace of it yet. {CHECKING}"
NO_WORD = f"The broker has said no word of this order. {CHECKING}"
LOST_CHANGE = "The worker was lost while it sent the change, which may not have arrived. Look at the order's terms."
# While its kill switch is engaged, the session that comes next asks for it anew.
CANCEL_ALL_LOST = "The worker was lost while it sent this."
LOST_CANCEL = "The worker was lost while it sent the cancel, which may not have arrived. Cancel again if it is open."
ABSENT = (
    "It never reached the broker: open orders, completed orders and executions were read twice and show no trace of "
    "it. Nothing is at work; place it again if you still want it."
)
TOO_OLD = "of what is over the broker shows only what is since midnight, and this order was made before, or near it."
UNPROVABLE = (
    "The broker has shown no trace of this order, and whether it has it can't be read: {why} Look in TWS "
    "or IB's app before you place it again."
)


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


def in_doubt(*, account_id: UUID) -> frozenset[str]:
    """The order_refs of submits that may or may not be at the broker: UNKNOWN, or sent and without a word of IB's.

    The latter become UNKNOWN, and say that they are being looked for. Left out is what is too old to be proved absent,
    which says so: see `broker_day`; and what the broker had once: see `orders.mark_missing`.
    """
    if not _unsettled(account_id).exists():
        return frozenset()
    for command in _wordless(account_id):
        conclusions.mark_unknown(command=command, reason=NO_WORD)
    submits = OrderCommand.objects.filter(
        account_id=account_id, verb=OrderCommand.Verb.SUBMIT, state=OrderCommand.State.UNKNOWN
    )
    unknown = Order.objects.filter(
        account_id=account_id,
        status=OrderStatus.UNKNOWN.value,
        pk__in=submits.values("order"),
        ib_status="",
        filled_quantity=0,
    )
    since = broker_day.shown_since()
    note_unprovable(account_id=account_id, order_refs=_refs(unknown.filter(created_at__lte=since)), why=TOO_OLD)
    return _refs(unknown.filter(created_at__gt=since))


def _refs(orders: QuerySet[Order]) -> frozenset[str]:
    return frozenset(str(client_order_id) for client_order_id in orders.values_list("client_order_id", flat=True))


def record_absent(*, account_id: UUID, order_refs: Collection[str]) -> None:
    """These were shown nowhere by the broker, read twice just now: their orders are over.

    Not so one that may have been over before a midnight that passed meanwhile, which proves nothing: `in_doubt` says
    that next. Should the broker name one after all, its word counts: see `orders.apply_update`.
    """
    for command in _submits(account_id, order_refs).filter(order__created_at__gt=broker_day.shown_since()):
        conclusions.conclude_absent(command=command, reason=ABSENT)


def note_unprovable(*, account_id: UUID, order_refs: Collection[str], why: str) -> None:
    """They stay UNKNOWN, and say what a person can do."""
    for command in _submits(account_id, order_refs):
        conclusions.explain(command=command, reason=UNPROVABLE.format(why=why))


def _submits(account_id: UUID, order_refs: Collection[str]) -> QuerySet[OrderCommand]:
    return OrderCommand.objects.filter(
        account_id=account_id, verb=OrderCommand.Verb.SUBMIT, order__client_order_id__in=list(order_refs)
    )


def _unsettled(account_id: UUID) -> QuerySet[Order]:
    """Whatever can be in doubt, now or in a moment. Asked for every account every second."""
    return Order.objects.filter(
        account_id=account_id, status__in=[OrderStatus.PENDING.value, OrderStatus.UNKNOWN.value]
    )


def _wordless(account_id: UUID) -> QuerySet[OrderCommand]:
    return OrderCommand.objects.filter(
        account_id=account_id,
        verb=OrderCommand.Verb.SUBMIT,
        state=OrderCommand.State.SENT,
        order__status=OrderStatus.PENDING.value,
        ended_at__lt=Now() - settings.ORDER_TIME_TO_LIVE - FIRST_WORD,
    )


def _resolve(command: OrderCommand, seen: set[str]) -> None:
    if command.verb == OrderCommand.Verb.CANCEL_ALL:
        conclusions.refuse(command=command, reason=CANCEL_ALL_LOST)
    elif _left_a_trace(command, seen):
        note_sent(command)
    else:
        conclusions.mark_unknown(command=command, reason=_LOST[OrderCommand.Verb(command.verb)])


_LOST = {
    OrderCommand.Verb.SUBMIT: LOST_SUBMIT,
    OrderCommand.Verb.MODIFY: LOST_CHANGE,
    OrderCommand.Verb.CANCEL: LOST_CANCEL,
}


def _left_a_trace(command: OrderCommand, seen: set[str]) -> bool:
    """A submit shows in what the broker lists, or said, of its order; a change in its terms; a cancel in its end."""
    order = command.order
    if order is None:
        return False
    status = OrderStatus(order.status)
    match command.verb:
        case OrderCommand.Verb.SUBMIT:
            said = status not in (OrderStatus.PENDING, OrderStatus.UNKNOWN)
            return said or str(order.client_order_id) in seen
        case OrderCommand.Verb.MODIFY:
            return is_taken(command, order)
        case _:
            return status.is_final
