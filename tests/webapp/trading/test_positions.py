from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import Position
from tests.webapp.trading.examples import AAPL
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.trading import positions
from webapp.trading.models import Instrument
from webapp.trading.models import Position as PositionRow
from webapp.trading.refusals import InstrumentUnknown

pytestmark = pytest.mark.django_db


def record(account: BrokerAccount, quantity: str, cost: str | None = "190.5", con_id: int = AAPL) -> None:
    position = Position("DU1000001", con_id, Decimal(quantity), None if cost is None else Decimal(cost))
    positions.record(account_id=account.pk, position=position)


def events() -> list[dict[str, Any]]:
    return [event.body for event in AccountEvent.objects.filter(kind="position")]


def test_a_position_is_kept_and_told(ready_account: BrokerAccount, aapl: Instrument) -> None:
    record(ready_account, "10")
    assert positions.as_body(positions.of(ready_account.user).get()) == events()[0]
    assert events() == [
        {
            "con_id": AAPL,
            "symbol": "AAPL",
            "name": "AAPL",
            "account_code": "DU1000001",
            "quantity": "10",
            "average_cost": "190.5",
            "currency": "USD",
            "multiplier": "1",
            "price_magnifier": 1,
        }
    ]


def test_a_short_position_is_negative(ready_account: BrokerAccount, aapl: Instrument) -> None:
    record(ready_account, "-3")
    assert events()[0]["quantity"] == "-3"


def test_a_cost_that_the_broker_does_not_say_is_kept_as_not_known(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    for cost in ("190.5", None, None, "0"):
        record(ready_account, "10", cost)
    assert [body["average_cost"] for body in events()] == ["190.5", None, "0"]
    assert positions.as_body(positions.of(ready_account.user).get()) == events()[-1]


def test_the_same_position_again_is_no_event(ready_account: BrokerAccount, aapl: Instrument) -> None:
    for _ in range(3):
        record(ready_account, "10", str(Decimal(1000) / 7))
    assert len(events()) == 1


def test_a_closed_position_is_removed_and_told_once(ready_account: BrokerAccount, aapl: Instrument) -> None:
    record(ready_account, "10")
    record(ready_account, "0")
    record(ready_account, "0")
    assert not PositionRow.objects.exists()
    assert [body["quantity"] for body in events()] == ["10", "0"]


def test_what_a_complete_answer_no_longer_names_is_closed(
    ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    record(ready_account, "10")
    record(ready_account, "5", con_id=eurusd.con_id)
    positions.close_missing(account_id=ready_account.pk, seen=[("DU1000001", eurusd.con_id)])
    assert positions.of(ready_account.user).get().instrument == eurusd
    assert (events()[-1]["symbol"], events()[-1]["quantity"]) == ("AAPL", "0")


def test_a_position_in_an_unknown_instrument_says_so(ready_account: BrokerAccount) -> None:
    with pytest.raises(InstrumentUnknown):
        record(ready_account, "10")


@pytest.mark.django_db(transaction=True)
def test_racing_words_on_one_position_are_one_row(ready_account: BrokerAccount, aapl: Instrument) -> None:
    race(lambda: record(ready_account, "10"), times=6)
    assert (PositionRow.objects.count(), len(events())) == (1, 1)


def test_positions_are_their_owners_alone(ready_account: BrokerAccount, aapl: Instrument, bob: User) -> None:
    record(ready_account, "10")
    assert list(positions.of(bob)) == list(positions.of(bob, ready_account)) == []
