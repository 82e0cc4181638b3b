from __future__ import annotations

import json
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError

from brokers.domain import OrderSide
from tests.webapp.trading.examples import EXEC_ID, NOON, commission, execution, placed
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.trading import fills
from webapp.trading.models import EarlyCommission, Execution, Instrument, Order
from webapp.trading.refusals import InstrumentUnknown

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    return placed(ready_account)


def execute(account: BrokerAccount, order: Order | None = None, **changes: Any) -> None:
    fills.record_execution(account_id=account.pk, report=execution(order, **changes))


def charge(account: BrokerAccount, **changes: Any) -> None:
    fills.record_commission(account_id=account.pk, report=commission(**changes))


def fill_events() -> list[dict[str, Any]]:
    return [event.body for event in AccountEvent.objects.filter(kind="fill")]


def test_a_fill_has_no_commission_until_it_is_reported(order: Order) -> None:
    execute(order.account, order)
    charge(order.account)
    first, second = fill_events()
    assert (first["commission"], first["commission_currency"]) == (None, None)
    assert (second["commission"], second["commission_currency"]) == ("1.07", "USD")
    assert first["client_order_id"] == second["client_order_id"] == str(order.client_order_id)


def test_a_commission_that_comes_first_waits_for_its_execution(order: Order) -> None:
    charge(order.account)
    assert fill_events() == []
    execute(order.account, order)
    (event,) = fill_events()
    assert event["commission"] == "1.07"
    assert not EarlyCommission.objects.exists()


def test_a_commission_reported_anew_replaces_the_one_that_was_there(order: Order) -> None:
    for amount in ("1.07", "2", "3"):
        charge(order.account, commission=Decimal(amount))
        if amount == "1.07":
            execute(order.account, order)
    assert [event["commission"] for event in fill_events()] == ["1.07", "2", "3"]


def test_a_commission_without_its_currency_is_no_row(order: Order) -> None:
    execute(order.account, order)
    with pytest.raises(IntegrityError, match="a_commission_is_reported_whole"):
        Execution.objects.update(commission=1)


def test_the_body_of_a_fill_is_plain_json(order: Order) -> None:
    execute(order.account, order, price=Decimal("190.40"), quantity=Decimal("0.5"))
    charge(order.account, realized_pnl=Decimal("-3.10"))
    body = fills.as_body(fills.of(order.account.user).get())
    assert body == json.loads(json.dumps(body)) == fill_events()[-1]
    assert body == {
        "exec_id": EXEC_ID,
        "client_order_id": str(order.client_order_id),
        "con_id": 265598,
        "symbol": "AAPL",
        "name": "AAPL",
        "account_code": "DU1000001",
        "side": "BUY",
        "quantity": "0.5",
        "price": "190.4",
        "exchange": "NASDAQ",
        "executed_at": "2026-01-05T12:00:00+00:00",
        "commission": "1.07",
        "commission_currency": "USD",
        "realized_pnl": "-3.1",
        "currency": "USD",
    }


def test_a_resync_repeats_nothing(order: Order) -> None:
    for _ in range(3):
        execute(order.account, order)
        charge(order.account)
    assert (Execution.objects.count(), EarlyCommission.objects.count(), len(fill_events())) == (1, 0, 2)


def test_a_commission_of_zero_is_a_commission(order: Order) -> None:
    execute(order.account, order)
    charge(order.account, commission=Decimal(0))
    assert fill_events()[-1]["commission"] == "0"


@pytest.mark.django_db(transaction=True)
def test_racing_reports_of_one_execution_are_one_fill(order: Order) -> None:
    race(lambda: execute(order.account, order), times=6)
    race(lambda: charge(order.account), times=6)
    assert (Execution.objects.count(), EarlyCommission.objects.count(), len(fill_events())) == (1, 0, 2)


def test_an_execution_of_an_order_placed_elsewhere_is_a_fill(ready_account: BrokerAccount, aapl: Instrument) -> None:
    execute(ready_account, perm_id=None)
    assert fill_events()[0]["client_order_id"] is None


def test_an_execution_in_an_unknown_instrument_says_so_and_writes_nothing(ready_account: BrokerAccount) -> None:
    with pytest.raises(InstrumentUnknown, match="265598"):
        execute(ready_account)
    assert not Execution.objects.exists()


@pytest.mark.parametrize("arrival", list(permutations(["01", "02", "03"])), ids="-".join)
def test_the_last_correction_counts_in_whatever_order_they_come(
    ready_account: BrokerAccount, aapl: Instrument, arrival: tuple[str, ...]
) -> None:
    for revision in arrival:
        exec_id = EXEC_ID[:-2] + revision
        execute(ready_account, exec_id=exec_id, price=Decimal(revision))
        charge(ready_account, exec_id=exec_id)
    fill = fills.of(ready_account.user).get()
    assert (fill.price, Execution.objects.count()) == (3, 3)


@pytest.mark.parametrize(
    "other",
    [
        "0000e0d5.66f0a1b2.02.01",
        "0000e0d5.66f0a1b3.01.02",
        "U+01.02",
        "F-000001.02",
        "0000e0d5.66f0a1b2.01.01.02",
        "one.66f0a1b2.01.02",
    ],
)
def test_two_real_fills_are_never_taken_for_one(ready_account: BrokerAccount, aapl: Instrument, other: str) -> None:
    execute(ready_account)
    execute(ready_account, exec_id=other)
    execute(ready_account, exec_id=other[:-1] + "9" if other.startswith(("U", "F")) else "unrelated")
    assert fills.of(ready_account.user).count() == 3


def test_a_correction_on_another_account_corrects_nothing_here(
    ready_account: BrokerAccount, aapl: Instrument, bob: User
) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    execute(ready_account)
    execute(his, exec_id=EXEC_ID[:-1] + "2")
    assert fills.of(ready_account.user).count() == fills.of(bob).count() == 1


def test_another_accounts_commission_is_not_shown(ready_account: BrokerAccount, aapl: Instrument, bob: User) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    execute(ready_account)
    charge(his)
    assert fills.as_body(fills.of(ready_account.user).get())["commission"] is None


def test_fills_are_their_owners_alone(ready_account: BrokerAccount, aapl: Instrument, bob: User) -> None:
    execute(ready_account)
    assert list(fills.of(bob)) == list(fills.of(AnonymousUser())) == list(fills.of(bob, ready_account)) == []
    assert fills.of(ready_account.user, ready_account).count() == 1


def test_fills_come_newest_first_in_a_fixed_number_of_queries(
    ready_account: BrokerAccount, aapl: Instrument, django_assert_num_queries: Any
) -> None:
    for hour in range(3):
        execute(ready_account, exec_id=f"fill-{hour}", at=NOON.replace(hour=hour), side=OrderSide.SELL)
    with django_assert_num_queries(1):
        bodies = [fills.as_body(fill) for fill in fills.of(ready_account.user)]
    assert [body["exec_id"] for body in bodies] == ["fill-2", "fill-1", "fill-0"]
