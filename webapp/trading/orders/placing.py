"""A user's own doing: place an order, cancel one. Rows first; the doorbell rings once they are there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from brokers.domain import OrderStatus
from webapp.accounts.models import BrokerAccount
from webapp.bus import doorbell
from webapp.trading.amounts import plain
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import bodies, changes, standing
from webapp.trading.orders.checks import FieldRefused, Ticket, TicketFields, read_client_order_id
from webapp.trading.refusals import OrderConflict, OrderNotOpen

WITHDRAWN = "Cancelled before it was sent: the broker never saw it."


@dataclass(frozen=True, slots=True)
class Placed:
    """`created` is False when the same ticket had been submitted before."""

    order: Order
    created: bool


def place(
    *,
    account: BrokerAccount,
    client_order_id: object,
    con_id: object,
    side: object,
    order_type: object,
    quantity: object,
    limit_price: object = None,
    time_in_force: object = "DAY",
) -> Placed:
    """Write the order and the command to send it, once per client_order_id.

    The fields are a form's text or a program's values; amounts are text, int or Decimal, never a float. The same id
    with the same fields returns the same order, whatever became of the session since; with other fields it raises
    OrderConflict. Raises OrderInvalid with a text per field, and SessionNotReady when the order couldn't leave now.
    Whose account it is has been checked by the caller.
    """
    ticket = TicketFields(
        client_order_id=client_order_id,
        con_id=con_id,
        side=side,
        order_type=order_type,
        quantity=quantity,
        limit_price=limit_price,
        time_in_force=time_in_force,
    ).checked()
    with transaction.atomic():
        held = hold(account.pk)
        return _placed_before(held, ticket) or _place_new(held, ticket)


def cancel(*, account: BrokerAccount, client_order_id: UUID | str) -> OrderCommand:
    """Ask for the order's cancellation; asked again while that is under way, the same command.

    An order that hasn't left yet is withdrawn at once, with the session up or down. Raises Order.DoesNotExist,
    OrderNotOpen for one that is over, and SessionNotReady.
    """
    with transaction.atomic():
        held = hold(account.pk)
        order = _order(held, client_order_id)
        if not bodies.is_open(order):
            raise OrderNotOpen(f"There is nothing to cancel: the order is {order.status.lower()} already.")
        return bodies.cancel_under_way(order) or _withdraw(order) or _ask_to_cancel(held, order)


def _placed_before(account: BrokerAccount, ticket: Ticket) -> Placed | None:
    order = Order.objects.filter(account=account, client_order_id=ticket.client_order_id).first()
    if order is None:
        return None
    if not _says_the_same(order, ticket):
        raise OrderConflict(
            f"This ticket was submitted before, as {order.side} {plain(order.quantity)} "
            f"{order.instrument.display_symbol} {order.order_type}, and that order stands. Open a new ticket."
        )
    return Placed(order=order, created=False)


def _says_the_same(order: Order, ticket: Ticket) -> bool:
    return (
        order.instrument_id == ticket.instrument.pk
        and order.side == ticket.side
        and order.order_type == ticket.order_type
        and order.quantity == ticket.quantity
        and order.limit_price == ticket.limit_price
        and order.time_in_force == ticket.time_in_force
    )


def _place_new(account: BrokerAccount, ticket: Ticket) -> Placed:
    standing.require_orders(account)
    order = Order.objects.create(
        account=account,
        client_order_id=ticket.client_order_id,
        instrument=ticket.instrument,
        account_code=account.account_code,
        side=ticket.side,
        order_type=ticket.order_type,
        time_in_force=ticket.time_in_force,
        quantity=ticket.quantity,
        limit_price=ticket.limit_price,
    )
    _command(order, OrderCommand.Verb.SUBMIT)
    changes.tell(order)
    return Placed(order=order, created=True)


def _order(account: BrokerAccount, client_order_id: UUID | str) -> Order:
    try:
        wanted = read_client_order_id(client_order_id)
    except FieldRefused as refusal:
        raise Order.DoesNotExist(str(refusal)) from refusal
    return Order.objects.get(account=account, client_order_id=wanted)


def _withdraw(order: Order) -> OrderCommand | None:
    """End a submit that no worker has claimed; None when one has. The claim and this are decided by one row."""
    submits = order.commands.filter(verb=OrderCommand.Verb.SUBMIT, state=OrderCommand.State.PENDING)
    if not submits.update(state=OrderCommand.State.REFUSED, reason=WITHDRAWN, ended_at=Now()):
        return None
    order.status, order.reason = OrderStatus.CANCELLED.value, WITHDRAWN
    order.save(update_fields=["status", "reason", "updated_at"])
    command = OrderCommand.objects.create(
        order=order,
        account_id=order.account_id,
        verb=OrderCommand.Verb.CANCEL,
        state=OrderCommand.State.REFUSED,
        reason=WITHDRAWN,
        ended_at=timezone.now(),
    )
    changes.tell(order)
    return command


def _ask_to_cancel(account: BrokerAccount, order: Order) -> OrderCommand:
    standing.require_cancels(account)
    command = _command(order, OrderCommand.Verb.CANCEL)
    changes.tell(order)
    return command


def _command(order: Order, verb: OrderCommand.Verb) -> OrderCommand:
    command = OrderCommand.objects.create(order=order, account_id=order.account_id, verb=verb)
    # Robust: the row is written, and a worker that wasn't rung finds it with its slow poll.
    transaction.on_commit(lambda: doorbell.ring(order.account_id), robust=True)
    return command
