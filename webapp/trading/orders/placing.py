"""A user's order, placed once: rows first; the doorbell rings once they are there."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from webapp.accounts.models import BrokerAccount
from webapp.trading import limits
from webapp.trading.amounts import plain
from webapp.trading.kill_switch.state import require_off
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes, standing, trail
from webapp.trading.orders.asking import ask
from webapp.trading.orders.checks import Ticket, TicketFields
from webapp.trading.refusals import OrderConflict


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
    OrderConflict. Raises OrderInvalid with a text per field, SessionNotReady when the order couldn't leave now,
    LimitExceeded, KillSwitchEngaged and LiveTradingOff. Whose account it is has been checked by the caller.
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
    # Judged before the account is held: it may take a word from the worker, whose own writes must not wait for it.
    placed = _placed_before(account, ticket)
    if placed is not None:
        return placed
    _require_allowed(account, ticket)
    with transaction.atomic():
        held = hold(account.pk)
        return _placed_before(held, ticket) or _place_new(held, ticket)


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
    """By what was asked for then: the order's own terms may have been changed since."""
    asked = order.commands.get(verb=OrderCommand.Verb.SUBMIT)
    return (
        order.instrument_id == ticket.instrument.pk
        and order.side == ticket.side
        and order.order_type == ticket.order_type
        and asked.quantity == ticket.quantity
        and asked.limit_price == ticket.limit_price
        and order.time_in_force == ticket.time_in_force
    )


def _require_allowed(account: BrokerAccount, ticket: Ticket) -> None:
    require_off(account)
    standing.require_orders(account)
    limits.require_within(account, _intent(ticket))


def _place_new(account: BrokerAccount, ticket: Ticket) -> Placed:
    require_off(account)
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
    ask(order, OrderCommand.Verb.SUBMIT, quantity=ticket.quantity, limit_price=ticket.limit_price)
    trail.placed(order)
    changes.tell(order)
    return Placed(order=order, created=True)


def _intent(ticket: Ticket) -> limits.Intent:
    return limits.Intent(
        instrument=ticket.instrument,
        side=ticket.side,
        order_type=ticket.order_type,
        quantity=ticket.quantity,
        limit_price=ticket.limit_price,
    )
