"""Profit and loss, asked of the session that holds the positions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brokers.domain import OrderStatus
from tests.workers.conftest import eventually
from tests.workers.trading import AAPL, MARKET, becomes, place_order
from webapp.accounts.models import BrokerAccount
from webapp.trading import profits
from webapp.trading.models import Position

pytestmark = pytest.mark.django_db(transaction=True)


def told(account: BrokerAccount) -> profits.Profits:
    account.refresh_from_db()
    return profits.newest(account)


def test_a_bought_position_and_its_account_tell_what_they_won_until_it_is_sold(trading: BrokerAccount) -> None:
    assert {con_id for _, con_id in told(trading)} == {None}
    becomes(place_order(trading, **MARKET), OrderStatus.FILLED)
    eventually(lambda: Position.objects.filter(account=trading, instrument=AAPL).exists(), "the position")
    [code] = trading.account_codes

    def is_known() -> bool:
        found = told(trading)
        of_position, of_account = found.get((code, AAPL)), found.get((code, None))
        return None not in (of_position and of_position.unrealized, of_position and of_position.daily) and bool(
            of_account and of_account.daily is not None
        )

    eventually(is_known, "the position's and the account's profit and loss")
    assert datetime.now(UTC) - told(trading)[code, AAPL].at < timedelta(minutes=1)
    becomes(place_order(trading, **{**MARKET, "side": "SELL"}), OrderStatus.FILLED)
    eventually(lambda: set(told(trading)) == {(code, None)}, "what is no longer held is no longer told")
