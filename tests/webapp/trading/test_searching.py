"""What a search asks for, and what it shows while the broker can't be asked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from webapp.accounts.models import BrokerAccount
from webapp.trading import searching
from webapp.trading.models import Instrument
from webapp.trading.refusals import SearchInvalid

pytestmark = pytest.mark.django_db

OPTION = 900_001


@pytest.fixture
def option(aapl: Instrument) -> Instrument:
    values = {field.attname: getattr(aapl, field.attname) for field in Instrument._meta.concrete_fields}
    terms = {
        "con_id": OPTION,
        "security_type": "OPT",
        "local_symbol": "AAPL  261218C00190000",
        "display_symbol": "AAPL  261218C00190000",
        "isin": "",
        "expiry": date(2026, 12, 18),
        "contract_month": "202612",
        "strike": Decimal(190),
        "right": "C",
        "valid_exchanges": ["SMART", "CBOE"],
    }
    return Instrument.objects.create(**{**values, **terms})


def found(account: BrokerAccount, text: str, **terms: str) -> list[int]:
    return [row.con_id for row in searching.find_fitting(account, text, terms).instruments]


@pytest.mark.parametrize(
    "terms",
    [
        {"lastTradeDateOrContractMonth": "20261218"},
        {"lastTradeDateOrContractMonth": "202612"},
        {"strike": "190.00"},
        {"right": "CALL"},
        {"exchange": "CBOE"},
        {"currency": "usd", "right": "c", "strike": "190"},
    ],
)
def test_what_is_known_fits_a_filter_by_every_field(
    account: BrokerAccount, option: Instrument, terms: dict[str, str]
) -> None:
    assert found(account, "aapl", secType="OPT", **terms) == [OPTION]


@pytest.mark.parametrize(
    "terms",
    [
        {"lastTradeDateOrContractMonth": "20261219"},
        {"lastTradeDateOrContractMonth": "202701"},
        {"strike": "195"},
        {"right": "P"},
        {"exchange": "IBIS"},
        {"currency": "EUR"},
    ],
)
def test_what_differs_in_one_field_does_not_fit(
    account: BrokerAccount, option: Instrument, terms: dict[str, str]
) -> None:
    assert found(account, "AAPL", secType="OPT", **terms) == []


def test_a_pair_and_an_isin_are_names_too(account: BrokerAccount, aapl: Instrument, eurusd: Instrument) -> None:
    Instrument.objects.filter(pk=aapl.pk).update(isin="US0378331005")
    assert found(account, "EUR/USD", secType="CASH") == [eurusd.con_id]
    assert found(account, "us0378331005", secType="STK") == [aapl.con_id]
    assert [row.con_id for row in searching.find(account, "us0378331005").instruments] == [aapl.con_id]


def test_while_the_session_is_down_all_that_is_found_was_known_earlier(
    account: BrokerAccount, aapl: Instrument
) -> None:
    answer = searching.find(account, "AAPL")
    assert answer.known_earlier == {aapl.con_id}
    assert "isn't ready" in answer.message


@pytest.mark.parametrize(
    ("text", "terms", "field", "says"),
    [
        ("AAPL", {"secType": "STOCK"}, "secType", "'STOCK'; it is one of STK"),
        ("SPY", {"secType": "OPT", "strike": "abc"}, "strike", "is a number, and 'abc' is none"),
        ("SPY", {"secType": "OPT", "right": "X"}, "right", "C or CALL, P or PUT"),
        ("ES", {"secType": "FUT", "lastTradeDateOrContractMonth": "2026-12"}, "lastTradeDateOrContractMonth", "201809"),
        ("AMD", {"currency": "USD"}, "", "needs a secType"),
        ("", {"secType": "STK"}, "", "has to name an instrument"),
    ],
)
def test_a_filter_that_can_not_be_meant_names_its_wrong_field(
    ready_account: BrokerAccount, text: str, terms: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(SearchInvalid, match=says) as refusal:
        searching.find_fitting(ready_account, text, terms)
    assert refusal.value.field == field
