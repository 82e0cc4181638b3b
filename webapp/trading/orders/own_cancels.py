"""Which cancel of ours ended an order: the broker's word for that names nobody, and reads like a failure."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from brokers.domain import OrderStatus
from webapp.trading.kill_switch.state import engaged_on
from webapp.trading.models import Order, OrderCommand

# What IB says of an order that was cancelled because somebody asked for it; and among completed orders.
_BARE = re.compile(r"(Order Cancell?ed - reason:\s*(\(IB 202\))?|Cancell?ed( by Trader)?)?", re.IGNORECASE)
_DIDNT_LEAVE = [OrderCommand.State.REFUSED, OrderCommand.State.ABSENT]


def note(order: Order) -> bool:
    """Keep it in the order's row, after a word of the broker's; whether something changed.

    A cancel for a reason of the broker's own is nobody's, whatever was asked for meanwhile. The caller holds the
    account.
    """
    is_bare = order.status == OrderStatus.CANCELLED and _BARE.fullmatch(order.reason.strip()) is not None
    if is_bare and order.cancelled_through_id is not None:
        return False
    through = _newest(order) if is_bare else None
    if order.cancelled_through_id == (through.pk if through is not None else None):
        return False
    order.cancelled_through = through
    order.save(update_fields=["cancelled_through", "updated_at"])
    return True


def _newest(order: Order) -> OrderCommand | None:
    """A person's cancel of it or of its entry, with which it ends; or the kill switch's, while that is engaged."""
    return _by_a_person(order).last() or _by_the_kill_switch(order).last()


def _by_a_person(order: Order) -> QuerySet[OrderCommand]:
    asked = OrderCommand.objects.filter(verb=OrderCommand.Verb.CANCEL, by__isnull=False).exclude(state__in=_DIDNT_LEAVE)
    return asked.filter(Q(order=order) | Q(order__isnull=False, order=order.parent_id)).order_by("id")


def _by_the_kill_switch(order: Order) -> QuerySet[OrderCommand]:
    if engaged_on(order.account_id) is None:
        return OrderCommand.objects.none()
    asked = OrderCommand.objects.filter(account_id=order.account_id, verb=OrderCommand.Verb.CANCEL_ALL)
    return asked.exclude(state__in=_DIDNT_LEAVE).order_by("id")
