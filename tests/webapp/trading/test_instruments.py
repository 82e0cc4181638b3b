from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import Instrument as DomainInstrument
from brokers.domain import PriceIncrement, PriceRule, Right, SecurityType
from tests.webapp.trading.racing import race
from webapp.trading import instruments, known_instruments
from webapp.trading.models import Instrument
from webapp.trading.refusals import InstrumentUnknown

pytestmark = pytest.mark.django_db

MSFT = DomainInstrument(
    con_id=272093,
    symbol="MSFT",
    local_symbol="MSFT",
    security_type=SecurityType.STK,
    exchange="SMART",
    primary_exchange="NASDAQ",
    currency="USD",
    long_name="MICROSOFT CORP",
    price_increment=Decimal("0.01"),
    size_increment=Decimal(1),
    min_size=Decimal(1),
    trading_class="NMS",
    valid_exchanges=("SMART", "NASDAQ"),
    time_zone="America/New_York",
)


def test_an_instrument_comes_back_as_it_was_stored() -> None:
    stored = instruments.upsert(MSFT)
    stored.refresh_from_db()
    assert instruments.to_domain(stored) == MSFT


def test_an_instrument_with_a_multiplier_and_no_time_zone_comes_back_as_it_was_stored() -> None:
    future = replace(MSFT, con_id=1, multiplier=Decimal("0.1"), time_zone=None, price_increment=Decimal("0.0078125"))
    instruments.upsert(future)
    assert instruments.to_domain(instruments.get(1)) == future


def test_an_option_comes_back_with_its_steps_its_strike_and_its_day() -> None:
    option = replace(
        MSFT,
        con_id=2,
        security_type=SecurityType.OPT,
        multiplier=Decimal(100),
        price_rules=(
            PriceRule(("CBOE",), (PriceIncrement(Decimal(0), Decimal("0.01")),)),
            PriceRule(
                ("SMART", "ISE"),
                (PriceIncrement(Decimal(0), Decimal("0.01")), PriceIncrement(Decimal(3), Decimal("0.05"))),
            ),
        ),
        price_magnifier=100,
        isin="US5949181045",
        contract_month="202612",
        expiry=date(2026, 12, 18),
        strike=Decimal("417.5"),
        right=Right.PUT,
        under_con_id=272093,
    )
    instruments.upsert(option)
    assert instruments.to_domain(instruments.get(2)) == option


def test_a_later_word_on_an_instrument_replaces_the_row() -> None:
    instruments.upsert(MSFT)
    instruments.upsert(replace(MSFT, long_name="MICROSOFT CORPORATION"))
    assert Instrument.objects.get().long_name == "MICROSOFT CORPORATION"


UNDESCRIBED = replace(
    MSFT,
    primary_exchange="",
    long_name="",
    price_increment=Decimal("0.00000001"),
    size_increment=Decimal("0.00000001"),
    min_size=Decimal("0.00000001"),
    valid_exchanges=(),
    time_zone=None,
    is_described=False,
)


def test_what_the_broker_has_not_described_changes_no_row_that_is_there() -> None:
    instruments.upsert(MSFT)
    assert instruments.to_domain(instruments.upsert(UNDESCRIBED)) == MSFT
    assert instruments.to_domain(instruments.get(MSFT.con_id)) == MSFT


def test_what_the_broker_has_not_described_has_a_row_that_says_so_until_it_is() -> None:
    instruments.upsert(UNDESCRIBED)
    assert instruments.to_domain(instruments.get(MSFT.con_id)) == UNDESCRIBED
    instruments.upsert(MSFT)
    assert instruments.to_domain(instruments.get(MSFT.con_id)) == MSFT


@pytest.mark.django_db(transaction=True)
def test_of_sessions_that_meet_an_instrument_at_once_the_one_that_has_it_described_wins() -> None:
    words = iter([UNDESCRIBED, MSFT] * 4)
    race(lambda: instruments.upsert(next(words)), times=8)
    assert instruments.to_domain(Instrument.objects.get()) == MSFT


def test_the_same_word_again_writes_nothing(django_assert_num_queries: Any) -> None:
    instruments.upsert(MSFT)
    with django_assert_num_queries(1):
        instruments.upsert(MSFT)


def test_a_name_longer_than_the_column_is_cut_visibly() -> None:
    row = instruments.upsert(replace(MSFT, long_name="X" * 300))
    assert len(row.long_name) == 200
    assert row.long_name.endswith("…")


@pytest.mark.django_db(transaction=True)
def test_sessions_that_meet_an_instrument_at_once_make_one_row() -> None:
    race(lambda: instruments.upsert(MSFT), times=6)
    assert Instrument.objects.count() == 1


def test_an_instrument_that_nobody_stored_is_named_in_the_error() -> None:
    with pytest.raises(InstrumentUnknown, match="4711"):
        instruments.get(4711)


def test_the_exact_symbol_is_found_first(aapl: Instrument) -> None:
    instruments.upsert(replace(MSFT, con_id=2, symbol="AA", local_symbol="AA", long_name="ALCOA CORP"))
    assert [row.display_symbol for row in known_instruments.named("aa")] == ["AA", "AAPL"]


@pytest.mark.parametrize("text", ["eur.usd", "EUR", " Eur.Usd ", "monetary"])
def test_a_currency_pair_is_found_by_pair_by_currency_and_by_name(eurusd: Instrument, text: str) -> None:
    assert list(known_instruments.named(text)) == [eurusd]


@pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "_", "no such thing"])
def test_a_search_for_nothing_known_finds_nothing(aapl: Instrument, text: str) -> None:
    assert list(known_instruments.named(text)) == []
