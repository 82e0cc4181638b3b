from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.listings import INSTRUMENTS, Instrument
from brokers.simulator.market import Market, Quote

APPLE = 265598
EURO = 12087792


def path(seed: int, con_id: int, *, instruments: tuple[Instrument, ...] = INSTRUMENTS, steps: int = 50) -> list[Quote]:
    market = Market(instruments, seed=seed)
    quotes = []
    for _ in range(steps):
        market.step()
        quotes.append(market.quote(con_id))
    return quotes


def test_the_same_seed_gives_the_same_prices() -> None:
    assert path(3, APPLE) == path(3, APPLE)


def test_another_seed_gives_other_prices() -> None:
    assert path(3, APPLE) != path(4, APPLE)


def test_an_instruments_prices_do_not_depend_on_what_else_is_traded() -> None:
    alone = tuple(one for one in INSTRUMENTS if one.con_id == APPLE)
    assert path(3, APPLE) == path(3, APPLE, instruments=alone)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), instrument=st.sampled_from(INSTRUMENTS))
def test_every_price_is_allowed_and_the_book_never_crosses(seed: int, instrument: Instrument) -> None:
    for quote in path(seed, instrument.con_id, steps=200):
        assert 0 < quote.bid < quote.ask
        assert instrument.market_rule.allows(quote.bid)
        assert instrument.market_rule.allows(quote.ask)
        assert quote.bid_size > 0
        assert quote.ask_size > 0
        assert quote.low <= quote.mark <= quote.high


def test_a_currency_pair_has_no_trades_and_a_stock_has() -> None:
    assert all(quote.last is quote.last_size is quote.volume is None for quote in path(1, EURO))
    assert all(quote.last in (quote.bid, quote.ask) for quote in path(1, APPLE))


def test_prices_move_and_stay_near_home() -> None:
    [apple] = [one for one in INSTRUMENTS if one.con_id == APPLE]
    bids = [quote.bid for quote in path(1, APPLE, steps=5000)]
    assert len(set(bids)) > 10
    assert max(bids) < apple.start_price * Decimal("1.05")
    assert min(bids) > apple.start_price * Decimal("0.95")


def test_a_watcher_is_told_the_quote_before_and_the_quote_now() -> None:
    market = Market(INSTRUMENTS, seed=1)
    told: list[tuple[int, Quote, Quote]] = []
    market.watch(lambda con_id, before, now: told.append((con_id, before, now)))
    first = market.quote(APPLE)
    market.step()
    [(_, before, now)] = [one for one in told if one[0] == APPLE]
    assert (before, now) == (first, market.quote(APPLE))
    assert len(told) == len(INSTRUMENTS)


@pytest.mark.parametrize(
    ("price", "allowed"),
    [("9.998", True), ("9.999", True), ("10.001", False), ("10.002", True), ("200.02", False), ("200.05", True)],
)
def test_a_european_increment_grows_with_the_price(price: str, allowed: bool) -> None:
    [sap] = [one for one in INSTRUMENTS if one.symbol == "SAP"]
    assert sap.market_rule.allows(Decimal(price)) is allowed


def test_con_ids_are_unique_and_long_names_survive_escaping() -> None:
    assert len({one.con_id for one in INSTRUMENTS}) == len(INSTRUMENTS) >= 12
    assert all(one.long_name.isascii() and "\\" not in one.long_name for one in INSTRUMENTS)
