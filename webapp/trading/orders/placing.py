"""A user's order, placed once: rows first; the doorbell rings once they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from django.db import transaction

from webapp.accounts.models import BrokerAccount
from webapp.trading import limits
from webapp.trading.amounts import plain
from webapp.trading.kill_switch.state import require_off
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes, standing, trail
from webapp.trading.orders.asking import ask
from webapp.trading.orders.attached import exit_id
from webapp.trading.orders.brackets import Exit
from webapp.trading.orders.finding import own_order
from webapp.trading.orders.tickets import Ticket, TicketFields, TicketWords
from webapp.trading.refusals import OrderConflict
from webapp.trading.terms import Terms, asked_by, columns_of


@dataclass(frozen=True, slots=True)
class Placed:
    """`created` is False when the same ticket had been submitted before."""

    order: Order
    created: bool


def place(*, account: BrokerAccount, **fields: Unpack[TicketWords]) -> Placed:
    """Write the order and the command to send it, once per client_order_id; see TicketFields for the fields.

    The same id with the same fields returns the same order, whatever became of the session since; with other fields it
    raises OrderConflict. Raises OrderInvalid with a text per field, SessionNotReady when the order couldn't leave now,
    LimitExceeded, KillSwitchEngaged and LiveTradingOff. Whose account it is has been checked by the caller.
    """
    # Asked again, it is what it was: a date that has passed since was to come then.
    ticket = TicketFields(**fields).checked(as_of=_placed_at(account, fields["client_order_id"]))
    # Judged before the account is held: it may take a word from the worker, whose own writes must not wait for it.
    placed = _placed_before(account, ticket)
    if placed is not None:
        return placed
    _require_allowed(account, ticket)
    with transaction.atomic():
        held = hold(account.pk)
        return _placed_before(held, ticket) or _place_new(held, ticket)


def judge(*, account: BrokerAccount, ticket: Ticket) -> None:
    """Whether `place` would take it as things stand now; nothing is written. It is judged again when it is placed.

    Raises SessionNotReady, LimitExceeded, KillSwitchEngaged and LiveTradingOff.
    """
    _require_allowed(account, ticket)


def _placed_at(account: BrokerAccount, client_order_id: object) -> datetime | None:
    try:
        return own_order(account, str(client_order_id)).created_at
    except Order.DoesNotExist:
        return None


def _placed_before(account: BrokerAccount, ticket: Ticket) -> Placed | None:
    orders = Order.objects.filter(account=account)
    order = orders.filter(client_order_id=ticket.client_order_id).first()
    if order is None:
        _require_free_ids(account, ticket)
        return None
    if not _says_the_same(order, ticket):
        raise OrderConflict(
            f"This ticket was submitted before, as {order.side} {plain(order.quantity)} "
            f"{order.instrument.name} {order.order_type}, and that order stands. Open a new ticket."
        )
    return Placed(order=order, created=False)


def _require_free_ids(account: BrokerAccount, ticket: Ticket) -> None:
    """Whoever knows how exits are named could have taken a name."""
    names = [exit_id(ticket.client_order_id, one.attached_as) for one in ticket.exits]
    if Order.objects.filter(account=account, client_order_id__in=names).exists():
        raise OrderConflict("An order that this ticket would attach has its id already. Open a new ticket.")


def _says_the_same(order: Order, ticket: Ticket) -> bool:
    """By what was asked for then: the terms themselves may have been changed since."""
    return (
        order.parent_id is None
        and order.instrument_id == ticket.instrument.pk
        and order.side == ticket.side
        and order.order_type == ticket.order_type
        and _asked_for(order) == ticket.terms
        and {one.attached_as: _asked_for(one) for one in order.attached.all()}
        == {one.attached_as: one.terms for one in ticket.exits}
    )


def _asked_for(order: Order) -> Terms:
    return Terms(**asked_by(order.commands.get(verb=OrderCommand.Verb.SUBMIT)))


def _require_allowed(account: BrokerAccount, ticket: Ticket) -> None:
    """The exits only ever reduce what their entry made: it alone is judged by the limits."""
    require_off(account)
    standing.require_orders(account)
    limits.require_within(account, limits.Intent(ticket.instrument, ticket.side, ticket.order_type, ticket.terms))


def _place_new(account: BrokerAccount, ticket: Ticket) -> Placed:
    require_off(account)
    standing.require_orders(account)
    entry = _write(
        account,
        ticket.terms,
        client_order_id=ticket.client_order_id,
        instrument=ticket.instrument,
        side=ticket.side,
        order_type=ticket.order_type,
    )
    group = [entry, *(_attach(account, ticket, entry, exit_) for exit_ in ticket.exits)]
    for one in group:
        trail.placed(one)
    for one in group:
        changes.tell(one)
    return Placed(order=entry, created=True)


def _attach(account: BrokerAccount, ticket: Ticket, entry: Order, exit_: Exit) -> Order:
    return _write(
        account,
        exit_.terms,
        client_order_id=exit_id(ticket.client_order_id, exit_.attached_as),
        instrument=ticket.instrument,
        side=ticket.side.opposite,
        order_type=exit_.order_type,
        parent=entry,
        attached_as=exit_.attached_as,
    )


def _write(account: BrokerAccount, terms: Terms, **columns: object) -> Order:
    asked = columns_of(terms)
    order = Order.objects.create(account=account, account_code=account.account_code, **columns, **asked)
    ask(order, OrderCommand.Verb.SUBMIT, **asked)
    return order
