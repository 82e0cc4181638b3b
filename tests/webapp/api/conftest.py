"""Programs that carry a token, and what they find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from brokers.domain import OrderSide
from tests.webapp.trading.examples import NOON, execution
from webapp.accounts import tokens
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.trading import fills


def program_of(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {tokens.create(user, 'test')}"})


@pytest.fixture
def program(alice: User) -> Client:
    """Reads with a token of alice's."""
    return program_of(alice)


@pytest.fixture
def bobs_program(bob: User) -> Client:
    return program_of(bob)


@pytest.fixture
def his(bob: User) -> BrokerAccount:
    account = BrokerAccount.objects.create(user=bob, name="His", trading_mode="live", account_codes=["U2"])
    GatewaySession.objects.create(account=account, state="READY")
    return account


@pytest.fixture
def trade(ready_account: BrokerAccount, aapl: Any) -> Callable[..., None]:
    """Record the fill of this number, made that many minutes after noon."""

    def record(number: int, account: BrokerAccount = ready_account, **changes: Any) -> None:
        made = {"exec_id": f"fill-{number}", "at": NOON + timedelta(minutes=number), "side": OrderSide.BUY, **changes}
        fills.record_execution(account_id=account.pk, report=execution(**made))

    return record
