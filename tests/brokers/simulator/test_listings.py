from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.listings import INSTRUMENTS, MARKET_RULES, Instrument, MarketRule
from brokers.simulator.catalogue.listings.contract_ids import FIRST
from brokers.simulator.catalogue.listings.options import OPTIONS
from brokers.simulator.catalogue.listings.past import PAST

TODAY = date(2026, 11, 23)
BY_SYMBOL = {(one.symbol, one.security_type, one.currency): one for one in INSTRUMENTS}
APPLE_OPTION, SPY_OPTION = (
    series.instrument(next(iter(series.listed(TODAY))), TODAY)
    for symbol in ("AAPL", "SPY")
    for series in OPTIONS
    if series.trading_class == symbol
)
RULES = st.sampled_from(list(MARKET_RULES.values()))
PRICES = st.decimals("0.00000001", "100000", places=8)


@pytest.mark.parametrize("rule", MARKET_RULES.values(), ids=lambda rule: str(rule.rule_id))
def test_a_rule_begins_at_zero_and_its_steps_meet(rule: MarketRule) -> None:
    edges = [low for low, _ in rule.steps]
    assert edges == sorted(set(edges))
    assert edges[0] == 0
    for (_, below), (low, above) in zip(rule.steps, rule.steps[1:], strict=False):
        assert low % below == 0
        assert low % above == 0
        assert above > below


@settings(deadline=None)
@given(rule=RULES, price=PRICES)
def test_the_nearest_price_is_allowed_and_less_than_an_increment_away(rule: MarketRule, price: Decimal) -> None:
    nearest = rule.nearest(price)
    assert rule.allows(nearest)
    assert abs(nearest - price) <= rule.increment(price)


@settings(deadline=None)
@given(rule=RULES, price=PRICES)
def test_a_price_between_two_increments_is_not_allowed(rule: MarketRule, price: Decimal) -> None:
    allowed = rule.nearest(price)
    assert not rule.allows(allowed + rule.increment(allowed) / 2)


def test_every_market_rule_has_a_number_of_its_own() -> None:
    used = {
        one.rule_on(exchange) for one in (*INSTRUMENTS, APPLE_OPTION, SPY_OPTION) for exchange in one.venue.exchanges
    }
    assert all(MARKET_RULES[rule.rule_id] is rule for rule in used)


@pytest.mark.parametrize("increment", ["0.00390625", "0.0078125", "0.0000005", "0.00000001", "0.25", "1"])
def test_increments_of_every_kind_occur(increment: str) -> None:
    assert Decimal(increment) in {one.min_tick for one in INSTRUMENTS}


def test_con_ids_are_unique_and_below_those_that_are_made() -> None:
    known = [one.con_id for one in (*INSTRUMENTS, *PAST)]
    assert len(set(known)) == len(known)
    assert all(0 < con_id < FIRST for con_id in known)


def test_an_options_rule_depends_on_the_exchange_and_its_tick_is_the_finest() -> None:
    two_dollars, ten = Decimal("2.01"), Decimal("10.05")
    assert APPLE_OPTION.rule_on("SMART").allows(two_dollars)
    assert not APPLE_OPTION.rule_on("CBOE").allows(two_dollars)
    assert APPLE_OPTION.rule_on("SMART").allows(ten)
    assert not APPLE_OPTION.rule_on("CBOE").allows(ten)
    assert APPLE_OPTION.min_tick == Decimal("0.01")
    assert {SPY_OPTION.rule_on(exchange) for exchange in SPY_OPTION.venue.exchanges} == {SPY_OPTION.market_rule}


def test_londons_prices_are_pence_and_hong_kong_trades_in_lots() -> None:
    vodafone, tencent = BY_SYMBOL["VOD", "STK", "GBP"], BY_SYMBOL["700", "STK", "HKD"]
    assert (vodafone.price_magnifier, tencent.min_size, tencent.size_increment) == (100, 100, 100)


def test_cryptocurrencies_trade_in_fractions_of_two_sizes() -> None:
    sizes = {one.symbol: one.size_increment for one in INSTRUMENTS if one.security_type == "CRYPTO"}
    assert (sizes["BTC"], sizes["LTC"]) == (Decimal("0.00000001"), Decimal("0.0001"))


@pytest.mark.parametrize("instrument", [*INSTRUMENTS, *PAST], ids=lambda one: one.local_symbol)
def test_every_instrument_hangs_together(instrument: Instrument) -> None:
    assert instrument.min_size % instrument.size_increment == 0
    assert instrument.suggested_size % instrument.size_increment == 0
    assert instrument.market_rule.allows(instrument.start_price)
    assert instrument.long_name.isascii()
    assert instrument.farm
    assert {"LMT", "MKT", "DAY", "GTC"} <= set(instrument.order_types) or not instrument.is_orderable


@pytest.mark.parametrize(
    ("kind", "has_trades", "has_book", "is_orderable"),
    [
        ("STK", True, True, True),
        ("CASH", False, True, True),
        ("CFD", False, True, True),
        ("CMDTY", False, True, True),
        ("CRYPTO", True, True, True),
        ("BOND", True, True, True),
        ("IND", True, False, False),
    ],
)
def test_a_kind_has_trades_a_book_and_orders_as_at_ib(
    kind: str, *, has_trades: bool, has_book: bool, is_orderable: bool
) -> None:
    for one in (one for one in INSTRUMENTS if one.security_type == kind):
        assert (one.has_trades, one.has_book, one.is_orderable) == (has_trades, has_book, is_orderable)


def test_what_expires_trades_through_the_whole_of_its_last_day() -> None:
    future = PAST[0]
    assert not future.is_expired(date(2018, 9, 21))
    assert future.is_expired(date(2018, 9, 22))
    assert not BY_SYMBOL["AAPL", "STK", "USD"].is_expired(date(2099, 1, 1))
