"""An order by the id that its ticket made."""

from __future__ import annotations

from uuid import UUID

from webapp.accounts.models import BrokerAccount
from webapp.trading.models import Order
from webapp.trading.orders.checks import FieldRefused, read_client_order_id


def own_order(account: BrokerAccount, client_order_id: UUID | str) -> Order:
    """Raises Order.DoesNotExist, also for text that is no id."""
    try:
        wanted = read_client_order_id(client_order_id)
    except FieldRefused as refusal:
        raise Order.DoesNotExist(str(refusal)) from refusal
    return Order.objects.select_related("instrument").get(account=account, client_order_id=wanted)
