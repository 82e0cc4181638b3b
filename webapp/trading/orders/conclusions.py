"""Our own word on an order, where the broker has none: not sent, not known, proved to be nowhere."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from brokers.domain import OrderStatus
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.models.orders import REASON_LENGTH
from webapp.trading.orders import changes
from webapp.trading.orders.attached import submits_with
from webapp.trading.orders.bodies import is_open
from webapp.trading.orders.ranking import may_follow
from webapp.trading.texts import clip


def refuse(*, command: OrderCommand, reason: str) -> None:
    """It was not sent, for a reason of ours, nor what is attached to it: REJECTED, with IB's own word left empty."""
    _conclude_together(command, OrderStatus.REJECTED, reason)


def mark_all_unknown(*, command: OrderCommand, reason: str) -> None:
    """The same as `mark_unknown`, of the order and of all that left with it."""
    _conclude_together(command, OrderStatus.UNKNOWN, reason)


def mark_unknown(*, command: OrderCommand, reason: str) -> None:
    """The order may or may not be at the broker. A person decides; a machine never sends it again."""
    _conclude(command, OrderStatus.UNKNOWN, reason)


def conclude_absent(*, command: OrderCommand, reason: str) -> None:
    """It is proved that the broker doesn't have the order: REJECTED, with IB's own word left empty.

    An order of which IB has ever said a word, or shown an execution, was there: see `missing`.
    """
    with transaction.atomic():
        hold(command.account_id)
        order = _order_of(command)
        if order is None or order.status != OrderStatus.UNKNOWN or order.ib_status or order.filled_quantity:
            return
        if not _end(command, OrderCommand.State.ABSENT, reason, endable=[OrderCommand.State.UNKNOWN]):
            return
        order.status, order.reason = OrderStatus.REJECTED.value, clip(reason, REASON_LENGTH)
        order.save(update_fields=["status", "reason", "updated_at"])
        changes.tell(order)


def explain(*, command: OrderCommand, reason: str) -> None:
    """Say something else of an order that stays UNKNOWN."""
    with transaction.atomic():
        hold(command.account_id)
        order = _order_of(command)
        if order is None or order.status != OrderStatus.UNKNOWN or order.reason == clip(reason, REASON_LENGTH):
            return
        order.reason = clip(reason, REASON_LENGTH)
        order.save(update_fields=["reason", "updated_at"])
        changes.tell(order)


def _conclude_together(command: OrderCommand, status: OrderStatus, reason: str) -> None:
    with transaction.atomic():
        if _conclude(command, status, reason):
            for attached in submits_with(command):
                _conclude(attached, status, reason)


def _conclude(command: OrderCommand, status: OrderStatus, reason: str) -> bool:
    """End a command without a word of the broker's; False when it had ended before.

    Only a submit decides what its order is. When a change or a cancel could not be sent, or nobody knows, the order is
    what it was, and says why; one that is UNKNOWN goes on saying that, and not to place it again: that nothing was sent
    would be read as if nothing were there. Cancelling all is of no single order.
    """
    with transaction.atomic():
        hold(command.account_id)
        order = _order_of(command)
        state = OrderCommand.State.REFUSED if status is OrderStatus.REJECTED else OrderCommand.State.UNKNOWN
        if not _end(command, state, reason, endable=_endable(command, order, status)):
            return False
        if order is None or not is_open(order):
            return True
        if command.verb == OrderCommand.Verb.SUBMIT and may_follow(OrderStatus(order.status), status):
            order.status = status.value
        if command.verb == OrderCommand.Verb.SUBMIT or order.status != OrderStatus.UNKNOWN:
            order.reason = clip(reason, REASON_LENGTH)
        order.save(update_fields=["status", "reason", "updated_at"])
        changes.tell(order)
        return True


def _order_of(command: OrderCommand) -> Order | None:
    """Fresh: what came with the command may be older. None for the command to cancel all."""
    return None if command.order_id is None else Order.objects.get(pk=command.order_id)


def _endable(command: OrderCommand, order: Order | None, status: OrderStatus) -> list[OrderCommand.State]:
    """A submit that was sent is still open to doubt while the broker has said nothing of its order."""
    alive = [OrderCommand.State.PENDING, OrderCommand.State.SENDING]
    wordless = command.verb == OrderCommand.Verb.SUBMIT and order is not None and order.status == OrderStatus.PENDING
    return [*alive, OrderCommand.State.SENT] if wordless and status is OrderStatus.UNKNOWN else alive


def _end(command: OrderCommand, state: OrderCommand.State, reason: str, *, endable: list[OrderCommand.State]) -> bool:
    """False when the command had ended before, or another fence has claimed it since."""
    alive = OrderCommand.objects.filter(pk=command.pk, fence=command.fence, state__in=endable)
    reason = clip(reason, REASON_LENGTH)
    if not alive.update(state=state, reason=reason, ended_at=Now()):
        return False
    command.state, command.reason = state, reason
    return True
