"""What a session's node is told from the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from brokers.config import TradingNodeConfig
from brokers.gateways.base import Endpoint
from tests.webapp.trading.examples import lease, placed, update
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import commands, orders
from workers.leases import Lease
from workers.node_config import config_for

pytestmark = pytest.mark.django_db


def config(account: BrokerAccount) -> TradingNodeConfig:
    held = Lease(account_id=account.pk, owner="worker-1", fence=1, valid_until=0.0)
    return config_for(Endpoint(host="127.0.0.1", port=4004, gateway_id="1"), held)


def first_order_id(account: BrokerAccount) -> int:
    return config(account).exec_clients["IB"].first_order_id


def saw(account: BrokerAccount, **said: Any) -> None:
    orders.apply_update(account_id=account.pk, update=update(**said))


def test_the_next_order_id_is_above_every_one_that_the_account_ever_had(
    ready_account: BrokerAccount, aapl: Any, bob: User
) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    for perm_id, order_id in ((901, 7), (902, 4000), (903, 12)):
        saw(ready_account, perm_id=perm_id, order_id=order_id)
    saw(his, perm_id=901, order_id=9000)
    assert first_order_id(ready_account) == 4001


def test_an_id_that_a_lost_worker_may_have_given_away_is_given_to_no_other_order(
    ready_account: BrokerAccount, aapl: Any
) -> None:
    """The gateway keeps a bracket that was handed over in part under its ids, and shows it to nobody."""
    saw(ready_account, perm_id=901, order_id=40)
    placed(ready_account)
    lease(ready_account)
    claimed = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1, from_order_id=41)
    assert claimed is not None
    assert first_order_id(ready_account) > 41 + 3


def test_orders_placed_by_hand_have_no_id_to_count_from(ready_account: BrokerAccount, aapl: Any) -> None:
    assert first_order_id(ready_account) == 1
    for perm_id, order_id in ((901, -42), (902, -3)):
        saw(ready_account, perm_id=perm_id, order_id=order_id)
    assert first_order_id(ready_account) == 1


def test_an_order_lives_as_long_in_the_node_as_in_its_row(ready_account: BrokerAccount, settings: Any) -> None:
    settings.ORDER_TIME_TO_LIVE = timedelta(seconds=7)
    assert config(ready_account).exec_clients["IB"].order_time_to_live == 7.0


def test_every_node_of_an_account_has_one_client_id(ready_account: BrokerAccount) -> None:
    """Only the client id that placed an order can change it."""
    assert {config(ready_account).client_id for _ in range(3)} == {TradingNodeConfig().client_id}
