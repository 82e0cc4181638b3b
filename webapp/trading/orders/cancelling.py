"""A user's cancel of one order."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from webapp.accounts.models import BrokerAccount
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import bodies, changes, standing, trail, withdrawing
from webapp.trading.orders.asking import ask
from webapp.trading.orders.finding import own_order
from webapp.trading.refusals import OrderNotOpen


def cancel(*, account: BrokerAccount, client_order_id: UUID | str) -> OrderCommand:
    """Ask for the order's cancellation; asked again while that is under way, the same command.

    An order that hasn't left yet is withdrawn at once, with the session up or down, and so is what would leave with it.
    The broker cancels what is attached to an order with it. Raises Order.DoesNotExist,
    OrderNotOpen for one that is over, and SessionNotReady.
    """
    with transaction.atomic():
        held = hold(account.pk)
        order = own_order(held, client_order_id)
        if not bodies.is_open(order):
            raise OrderNotOpen(f"There is nothing to cancel: the order is {order.status.lower()} already.")
        return bodies.cancel_under_way(order) or withdrawn(order) or ask_to_cancel(held, order)


def withdrawn(order: Order) -> OrderCommand | None:
    """Of an order that hasn't left: ended at once. None when it has."""
    ended = withdrawing.withdraw(order)
    if not ended:
        return None
    command = OrderCommand.objects.create(
        order=order,
        account_id=order.account_id,
        verb=OrderCommand.Verb.CANCEL,
        state=OrderCommand.State.REFUSED,
        reason=withdrawing.WITHDRAWN,
        ended_at=timezone.now(),
    )
    withdrawing.name(ended, through=command)
    trail.cancel_asked(order)
    for one in ended:
        changes.tell(one)
    return command


def ask_to_cancel(account: BrokerAccount, order: Order) -> OrderCommand:
    """Raises SessionNotReady."""
    standing.require_cancels(account)
    command = ask(order, OrderCommand.Verb.CANCEL)
    trail.cancel_asked(order)
    changes.tell(order)
    return command
