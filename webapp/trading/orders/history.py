"""All that is known of one order, for who may see it."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.trading.models import Order
from webapp.trading.orders.bodies import of
from webapp.trading.orders.checks import FieldRefused, read_client_order_id

# Before a perm_id, in the key of an order that was placed elsewhere.
ELSEWHERE = "perm-"
_LARGEST_PERM_ID = 2**63 - 1


def by_key(user: User | AnonymousUser, account: BrokerAccount, key: str) -> Order:
    """By our own id, or `perm-` and the broker's. Raises Order.DoesNotExist, also for text that is neither."""
    if key.startswith(ELSEWHERE):
        return of(user, account).get(broker_orders__perm_id=_perm_id(key.removeprefix(ELSEWHERE)))
    try:
        return of(user, account).get(client_order_id=read_client_order_id(key))
    except FieldRefused as refusal:
        raise Order.DoesNotExist(str(refusal)) from refusal


def events_of(order: Order) -> QuerySet[AccountEvent]:
    """Each event of the order, oldest first. One placed elsewhere goes by its broker orders' ids."""
    subjects = [str(one.perm_id) for one in order.broker_orders.all()]
    if order.client_order_id is not None:
        subjects.append(str(order.client_order_id))
    return AccountEvent.objects.filter(
        account_id=order.account_id, kind=AccountEvent.Kind.ORDER, subject__in=subjects
    ).order_by("number")


def _perm_id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > _LARGEST_PERM_ID:
        raise Order.DoesNotExist(f"{text[:40]!r} is no id of the broker's.")
    return int(text)
