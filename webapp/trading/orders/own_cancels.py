"""Which cancel of ours ended an order: the broker's word for that names nobody, and reads like a failure."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Q, QuerySet

from brokers.domain import OrderStatus
from webapp.trading.kill_switch.state import engaged_since
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders.withdrawing import WITHDRAWN

# What IB says of an order that was cancelled because somebody asked for it; and among completed orders.
_BARE = re.compile(r"(Order Cancell?ed - reason:\s*(\(IB 202\))?|Cancell?ed( by Trader)?)?", re.IGNORECASE)
# A worker claims a cancel, which makes it SENDING, before a byte of it leaves.
_DIDNT_LEAVE = [OrderCommand.State.PENDING, OrderCommand.State.REFUSED, OrderCommand.State.ABSENT]


def note(order: Order) -> bool:
    """Keep it in the order's row, after a word of the broker's; whether something changed.

    A cancel for a reason of the broker's own is nobody's, whatever was asked for meanwhile. The caller holds the
    account.
    """
    is_bare = order.status == OrderStatus.CANCELLED and _is_bare(order.reason.strip())
    if is_bare and order.cancelled_through_id is not None:
        return False
    through = _newest(order) if is_bare else None
    if order.cancelled_through_id == (through.pk if through is not None else None):
        return False
    order.cancelled_through = through
    order.save(update_fields=["cancelled_through", "updated_at"])
    return True


def _is_bare(reason: str) -> bool:
    """Or the node's own word, of an order that it was handed and had not sent."""
    return reason == WITHDRAWN or _BARE.fullmatch(reason) is not None


def _newest(order: Order) -> OrderCommand | None:
    """A person's cancel of it or of its entry, with which it ends; or the kill switch's, while that is engaged."""
    return _by_a_person(order).last() or _by_the_kill_switch(order).last()


def _by_a_person(order: Order) -> QuerySet[OrderCommand]:
    asked = OrderCommand.objects.filter(verb=OrderCommand.Verb.CANCEL, by__isnull=False).exclude(state__in=_DIDNT_LEAVE)
    return asked.filter(Q(order=order) | Q(order__isnull=False, order=order.parent_id)).order_by("id")


def _by_the_kill_switch(order: Order) -> QuerySet[OrderCommand]:
    """Of this engagement, and of no time before the order was there."""
    engaged = engaged_since(order.account_id)
    if engaged is None:
        return OrderCommand.objects.none()
    asked = OrderCommand.objects.filter(account_id=order.account_id, verb=OrderCommand.Verb.CANCEL_ALL)
    asked = asked.filter(created_at__gte=max(engaged, _since(order)))
    return asked.exclude(state__in=_DIDNT_LEAVE).order_by("id")


def _since(order: Order) -> datetime:
    """Of an order of ours by the database's clock, as that of the cancels is."""
    submit = order.commands.filter(verb=OrderCommand.Verb.SUBMIT).first()
    return order.created_at if submit is None else submit.created_at
