"""Orders of a test on a READY account, and what is waited for of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from brokers.domain import OrderStatus
from tests.workers.conftest import Place, eventually
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import orders
from webapp.trading.models import Order, OrderCommand

AAPL = 265598
MARKET = {"side": "BUY", "order_type": "MKT", "quantity": "10"}
# Far below the market, so that it rests.
RESTING = {"side": "BUY", "order_type": "LMT", "quantity": "10", "limit_price": "1.00"}


def place_order(account: BrokerAccount, **fields: Any) -> Order:
    account.refresh_from_db()
    return orders.place(account=account, client_order_id=str(uuid.uuid4()), con_id=AAPL, **fields).order


def becomes(order: Order, status: OrderStatus) -> None:
    def so() -> bool:
        order.refresh_from_db()
        return order.status == status

    eventually(so, f"the order is {status}")


def command_of(order: Order, verb: OrderCommand.Verb = OrderCommand.Verb.SUBMIT) -> OrderCommand:
    return OrderCommand.objects.get(order=order, verb=verb)


def sent(place: Place, account: BrokerAccount, order: Order) -> list[dict[str, Any]]:
    """The messages about this order that reached its gateway."""
    return [row for row in place.ledger(account, "order") if row["order_ref"] == str(order.client_order_id)]


def run_out(account: BrokerAccount) -> None:
    """The lease, by the database's clock."""
    GatewaySession.objects.filter(account=account).update(lease_expires_at=Now() - timedelta(seconds=1))
