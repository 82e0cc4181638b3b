"""Orders as browsers and programs see them, and who may see which."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from brokers.domain import OrderStatus
from webapp.accounts.models import BrokerAccount, User
from webapp.trading.amounts import plain, plain_or_none
from webapp.trading.models import Order, OrderCommand
from webapp.trading.models.orders import OPEN_STATUSES
from webapp.trading.terms import Terms, asked_by

# How long a cancel or a change that was sent is taken to be under way. The broker answers one way or the other well
# before; when it never does, a person must be able to ask again.
ANSWER = timedelta(seconds=10)


class Prices(TypedDict):
    limit_price: str | None
    stop_price: str | None
    trailing_amount: str | None
    trailing_percent: str | None
    trail_stop_price: str | None
    limit_price_offset: str | None


class TermsBody(Prices):
    """What can be changed of an order."""

    time_in_force: str
    quantity: str
    good_till_date: str | None
    outside_rth: bool


class Cancelled(TypedDict):
    cancelled_by: str | None
    cancelled_at: str | None


class OrderBody(TermsBody, Cancelled):
    """Amounts are plain decimal strings, times ISO 8601 in UTC; null is what nobody said.

    `client_order_id` is null for an order placed elsewhere, which `perm_ids` tells apart. `ib_status` is IB's own
    word, '' until it said one. The terms are named as in `brokers.domain.OrderRequest`; ORDER_TYPE_RULES says which
    prices a type has. `attached_as` is TAKE_PROFIT or STOP_LOSS of the order that `parent_client_order_id` names.
    `cancelled_by` says whose cancel from here ended it, and `cancelled_at` when that was asked; `reason` stays the
    broker's, or says that it never left.
    """

    client_order_id: str | None
    perm_ids: list[int]
    con_id: int
    symbol: str
    name: str
    account_code: str
    side: str
    order_type: str
    parent_client_order_id: str | None
    attached_as: str | None
    status: str
    ib_status: str
    reason: str
    filled_quantity: str
    average_fill_price: str | None
    created_at: str
    updated_at: str
    cancel_requested: bool
    can_cancel: bool
    change_requested: bool
    can_modify: bool


def of(user: User | AnonymousUser, account: BrokerAccount | None = None) -> QuerySet[Order]:
    """The user's orders, newest first, on one account or on all, with what `as_body` needs."""
    orders = Order.objects.filter(account__in=BrokerAccount.objects.visible_to(user))
    if account is not None:
        orders = orders.filter(account=account)
    return orders.select_related("instrument", "parent", "cancelled_through__by").prefetch_related(
        "broker_orders", "commands"
    )


def open_and_newest(user: User | AnonymousUser, account: BrokerAccount, newest: int) -> QuerySet[Order]:
    """The account's newest orders, and every open one however old: whoever can't see it can't cancel it."""
    every = of(user, account)
    return every.filter(Q(status__in=OPEN_STATUSES) | Q(pk__in=every.values("pk")[:newest]))


def as_body(order: Order) -> OrderBody:
    cancelling, changing = cancel_under_way(order) is not None, change_under_way(order) is not None
    return {
        "client_order_id": None if order.client_order_id is None else str(order.client_order_id),
        "perm_ids": sorted(broker_order.perm_id for broker_order in order.broker_orders.all()),
        "con_id": order.instrument_id,
        "symbol": order.instrument.display_symbol,
        "name": order.instrument.name,
        "account_code": order.account_code,
        "side": str(order.side),
        "order_type": str(order.order_type),
        **terms_as_body(order),
        "parent_client_order_id": None if order.parent is None else str(order.parent.client_order_id),
        "attached_as": order.attached_as or None,
        **_cancelled(order),
        "status": str(order.status),
        "ib_status": order.ib_status,
        "reason": order.reason,
        "filled_quantity": plain(order.filled_quantity),
        "average_fill_price": plain_or_none(order.average_fill_price),
        "created_at": order.created_at.isoformat(),
        "updated_at": order.updated_at.isoformat(),
        "cancel_requested": cancelling and is_open(order),
        "can_cancel": not cancelling and is_open(order) and order.client_order_id is not None,
        "change_requested": changing and is_open(order),
        "can_modify": not cancelling and not changing and is_worked(order) and order.client_order_id is not None,
    }


def _cancelled(order: Order) -> Cancelled:
    through = order.cancelled_through
    if through is None:
        return {"cancelled_by": None, "cancelled_at": None}
    return {"cancelled_by": _who(through), "cancelled_at": through.created_at.isoformat()}


def _who(command: OrderCommand) -> str:
    if command.verb == OrderCommand.Verb.CANCEL_ALL:
        return "the kill switch"
    return command.by.username if command.by is not None else "a user who is gone"


def terms_as_body(row: Terms | Order) -> TermsBody:
    return {
        "time_in_force": str(row.time_in_force),
        "quantity": plain(row.quantity),
        "limit_price": plain_or_none(row.limit_price),
        "stop_price": plain_or_none(row.stop_price),
        "trailing_amount": plain_or_none(row.trailing_amount),
        "trailing_percent": plain_or_none(row.trailing_percent),
        "trail_stop_price": plain_or_none(row.trail_stop_price),
        "limit_price_offset": plain_or_none(row.limit_price_offset),
        "good_till_date": None if row.good_till_date is None else row.good_till_date.isoformat(),
        "outside_rth": row.outside_rth,
    }


def is_open(order: Order) -> bool:
    return not OrderStatus(order.status).is_final


def open_count(account: BrokerAccount) -> int:
    """How many of the account's orders aren't over, as far as is known here."""
    return Order.objects.filter(account=account, status__in=OPEN_STATUSES).count()


def is_worked(order: Order) -> bool:
    """Before the broker's first word, and after its last, there is nothing that could be changed."""
    return order.status == OrderStatus.SUBMITTED


def change_under_way(order: Order) -> OrderCommand | None:
    """The change that still waits for its worker, or for the broker's answer."""
    return next((command for command in order.commands.all() if _is_change_under_way(command, order)), None)


def cancel_under_way(order: Order) -> OrderCommand | None:
    """The cancel that still waits for its worker, or for the broker's answer."""
    return next((command for command in order.commands.all() if _is_cancel_under_way(command)), None)


def _is_cancel_under_way(command: OrderCommand) -> bool:
    return command.verb == OrderCommand.Verb.CANCEL and _waits(command)


def _is_change_under_way(command: OrderCommand, order: Order) -> bool:
    return command.verb == OrderCommand.Verb.MODIFY and not is_taken(command, order) and _waits(command)


def is_taken(change: OrderCommand, order: Order) -> bool:
    """One that the broker has taken shows in the order's terms."""
    return all(getattr(order, name) == value for name, value in asked_by(change).items())


def _waits(command: OrderCommand) -> bool:
    """For a worker, or for the broker's answer."""
    if command.state == OrderCommand.State.SENT:
        return command.ended_at is not None and command.ended_at > timezone.now() - ANSWER
    return command.state in (OrderCommand.State.PENDING, OrderCommand.State.SENDING)
