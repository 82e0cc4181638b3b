"""A user's cancel of all that is open. The account takes orders afterwards: the kill switch is another thing.

By a command for each order, since IB's global cancel would wait in its row as long as the kill switch does, and could
then hit what was placed afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from brokers.domain import OrderStatus
from webapp.accounts.models import BrokerAccount
from webapp.trading.locks import hold
from webapp.trading.models import Order, OrderCommand
from webapp.trading.models.orders import OPEN_STATUSES
from webapp.trading.orders import bodies
from webapp.trading.orders.cancelling import ask_to_cancel, withdrawn
from webapp.trading.refusals import SessionNotReady


@dataclass(frozen=True, slots=True)
class CancelledAll:
    """`elsewhere` open orders were placed elsewhere, and stay: IB lets only whoever placed one cancel it alone."""

    commands: tuple[OrderCommand, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """How many there are: of ours, and placed elsewhere."""

    ours: int
    elsewhere: int


def count_open(*, account: BrokerAccount) -> OpenOrders:
    """What `cancel_all` would concern, for the question that comes before it."""
    elsewhere = _open(account).filter(client_order_id__isnull=True).count()
    return OpenOrders(_open(account).count() - elsewhere, elsewhere)


def cancel_all(*, account: BrokerAccount) -> CancelledAll:
    """Ask for the cancellation of every open order of ours; one that is under way is asked for once.

    Raises SessionNotReady when cancels could not leave now. What had not left by then is withdrawn all the same, which
    the refusal says.
    """
    with transaction.atomic():
        hold(account.pk)
        ended = [command for order in _leaders(account) if (command := withdrawn(order)) is not None]
    asked = _asked(account, ended=len(ended))
    elsewhere = _open(account).filter(client_order_id__isnull=True).count()
    return CancelledAll((*ended, *asked), elsewhere)


def _asked(account: BrokerAccount, *, ended: int) -> list[OrderCommand]:
    try:
        with transaction.atomic():
            held = hold(account.pk)
            return [bodies.cancel_under_way(order) or ask_to_cancel(held, order) for order in _leaders(account)]
    except SessionNotReady as refusal:
        if not ended:
            raise
        raise SessionNotReady(f"Orders that had not left are withdrawn: {ended}. Of the others: {refusal}") from refusal


def _leaders(account: BrokerAccount) -> list[Order]:
    """Oldest first; without what ends by itself with its entry."""
    ours = _open(account).filter(client_order_id__isnull=False).select_related("instrument", "parent").order_by("id")
    return [order for order in ours if not _ends_with_its_entry(order)]


def _ends_with_its_entry(order: Order) -> bool:
    return order.parent is not None and order.parent.status in (OrderStatus.PENDING, OrderStatus.SUBMITTED)


def _open(account: BrokerAccount) -> QuerySet[Order]:
    return Order.objects.filter(account=account, status__in=OPEN_STATUSES)
