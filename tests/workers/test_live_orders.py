"""A live login on its whole way: connected, read, and no order of it at the gateway before live trading is on."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from brokers.domain import OrderStatus, SessionState
from tests.workers.conftest import Place, eventually, reach
from webapp.accounts import credentials, live_trading, sessions
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading import orders
from webapp.trading.models import Order
from webapp.trading.orders import LiveTradingOff

pytestmark = pytest.mark.django_db(transaction=True)

AAPL = 265598


@pytest.fixture
def live(place: Place, account: BrokerAccount, keysets: Any) -> BrokerAccount:
    """alice's account as a live one, READY."""
    account.trading_mode = "live"
    account.save()
    credentials.store(account=account, username="demo", password="demo")
    sessions.request_start(account.id)
    place.new_host().open(account.id)
    reach(account, SessionState.READY)
    questions.ask(account.id, "search", {"text": "AAPL"}, deadline=10)
    account.refresh_from_db()
    return account


def buy(account: BrokerAccount) -> Order:
    return orders.place(
        account=account, client_order_id=str(uuid.uuid4()), con_id=AAPL, side="BUY", order_type="MKT", quantity="10"
    ).order


def test_a_live_order_reaches_the_gateway_once_live_trading_is_on_and_not_before(
    place: Place, live: BrokerAccount
) -> None:
    assert live.account_code == "U1000001"
    with pytest.raises(LiveTradingOff):
        buy(live)
    live_trading.turn_on(account=live, by=live.user, password="alice-password")
    order = buy(live)
    eventually(lambda: Order.objects.get(pk=order.pk).status == OrderStatus.FILLED, "the order is filled")
    ours = [row["order_ref"] for row in place.ledger(live, "order") if row["event"] == "new"]
    assert ours == [str(order.client_order_id)]
