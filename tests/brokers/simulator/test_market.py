from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.catalogue.listings.past import PAST
from brokers.simulator.market.book import EMPTY
from brokers.simulator.market.market import Market, Quote
from brokers.simulator.market.prices import Prices
from tests.brokers.simulator.hand_clock import WEDNESDAY

APPLE = 265598
EURO = 12087792


def catalogue() -> Catalogue:
    return Catalogue(calendar=Calendar(lambda: WEDNESDAY))


def contract(**fields: str) -> dict[str, str]:
    names = (
        "conId symbol secType lastTradeDateOrContractMonth strike right multiplier exchange primaryExchange currency "
        "localSymbol tradingClass"
    )
    return dict.fromkeys(names.split(), "") | fields


def chain() -> tuple[Instrument, ...]:
    """Some of what is listed on demand."""
    described = (
        contract(symbol="SPY", secType="OPT"),
        contract(symbol="ES", secType="FUT"),
        contract(symbol="ES", secType="FOP"),
    )
    return tuple(match.instrument for one in described for match in catalogue().find(one)[::97])


KINDS = (*INSTRUMENTS, *PAST, *chain())


def path(seed: int, con_id: int, *, instruments: tuple[Instrument, ...] | None = None, steps: int = 50) -> list[Quote]:
    directory = catalogue() if instruments is None else Catalogue(instruments)
    market = Market(directory, seed=seed)
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


@pytest.mark.parametrize("con_id", [APPLE, EURO])
def test_a_quote_does_not_depend_on_those_that_were_looked_at_before(con_id: int) -> None:
    market = Market(catalogue(), seed=3)
    for _ in range(200):
        market.step()
    assert market.quote(con_id) == path(3, con_id, steps=200)[-1]
    assert market.walk(con_id).quote(7) == path(3, con_id, steps=7)[-1]


def test_there_are_instruments_of_every_kind_to_test_with() -> None:
    kinds = {one.security_type for one in KINDS}
    assert kinds >= {"STK", "CASH", "IND", "CFD", "CMDTY", "CRYPTO", "BOND", "FUT", "OPT", "FOP"}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), instrument=st.sampled_from(KINDS))
def test_every_price_is_allowed_and_the_book_never_crosses(seed: int, instrument: Instrument) -> None:
    for quote in path(seed, instrument.con_id, instruments=(instrument,), steps=100):
        assert 0 < quote.bid < quote.ask
        assert quote.low <= quote.mark <= quote.high
        for price in (quote.bid, quote.ask, quote.open, quote.high, quote.low, quote.close, quote.last):
            assert price is None or instrument.market_rule.allows(price)


@settings(max_examples=60, deadline=None)
@given(instrument=st.sampled_from(KINDS), step=st.integers(0, 10**7))
def test_sizes_are_those_that_the_instrument_is_dealt_in(instrument: Instrument, step: int) -> None:
    quote = Market(Catalogue((instrument,)), seed=1).walk(instrument.con_id).quote(step)
    sizes = [quote.bid_size, quote.ask_size, *([quote.last_size] if instrument.has_trades else [])]
    assert all((size > 0) is instrument.has_book for size in sizes if size is not None)
    assert all(size % instrument.size_increment == 0 for size in sizes if size is not None)
    assert all(size >= instrument.min_size for size in sizes if size)


@pytest.mark.parametrize(
    ("increment", "least", "lot"), [("1", "1", "100"), ("30", "30", "120"), ("500", "500", "500"), ("7", "701", "707")]
)
def test_a_lot_is_a_multiple_of_the_increment_and_no_less_than_the_smallest_size(
    increment: str, least: str, lot: str
) -> None:
    [apple] = [one for one in INSTRUMENTS if one.con_id == APPLE]
    odd = replace(apple, size_increment=Decimal(increment), min_size=Decimal(least))
    assert Prices(odd, seed=1).lot == Decimal(lot)


@settings(max_examples=60, deadline=None)
@given(instrument=st.sampled_from([one for one in KINDS if one.has_book]), step=st.integers(0, 10**7))
def test_a_book_begins_with_the_quote_and_goes_away_from_it(instrument: Instrument, step: int) -> None:
    walk = Market(Catalogue((instrument,)), seed=1).walk(instrument.con_id)
    quote, book = walk.quote(step), walk.book(step)
    assert (book.bids[0].price, book.bids[0].size) == (quote.bid, quote.bid_size)
    assert (book.asks[0].price, book.asks[0].size) == (quote.ask, quote.ask_size)
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert all(level.price > 0 and level.size > 0 for level in (*book.bids, *book.asks))
    assert all(instrument.market_rule.allows(level.price) for level in (*book.bids, *book.asks))
    assert walk.book(step) == book


def test_an_index_has_a_price_that_nobody_can_trade_at() -> None:
    [index] = [one for one in INSTRUMENTS if one.symbol == "SPX"]
    market = Market(catalogue(), seed=1)
    quote = market.quote(index.con_id)
    assert quote.last is not None
    assert (quote.bid_size, quote.ask_size, quote.last_size, quote.volume) == (0, 0, 0, None)
    assert market.book(index.con_id) == EMPTY


def test_a_currency_pair_has_no_trades_and_a_stock_has() -> None:
    assert all(quote.last is quote.last_size is quote.volume is None for quote in path(1, EURO))
    assert all(quote.last in (quote.bid, quote.ask) for quote in path(1, APPLE))


def test_volume_grows_by_what_was_traded_last() -> None:
    quotes = path(1, APPLE)
    for before, now in pairwise(quotes):
        assert (before.volume or 0) + (now.last_size or 0) == now.volume


def test_the_first_quote_is_at_the_instruments_own_price() -> None:
    market = Market(catalogue(), seed=5)
    own = [one for one in INSTRUMENTS if one.follows is None]
    assert all(market.quote(one.con_id).bid == one.start_price for one in own)
    for one in INSTRUMENTS:
        quote = market.quote(one.con_id)
        assert quote.bid <= one.start_price <= quote.ask


def test_prices_move_and_stay_near_home() -> None:
    [apple] = [one for one in INSTRUMENTS if one.con_id == APPLE]
    bids = [quote.bid for quote in path(1, APPLE, steps=5000)]
    assert len(set(bids)) > 10
    assert max(bids) < apple.start_price * Decimal("1.05")
    assert min(bids) > apple.start_price * Decimal("0.95")


def test_a_watcher_is_told_the_quote_before_and_the_quote_now() -> None:
    market = Market(catalogue(), seed=1)
    told: list[tuple[int, Quote, Quote]] = []
    market.watch(lambda con_id, before, now: told.append((con_id, before, now)), lambda: [APPLE])
    first = market.quote(APPLE)
    market.step()
    assert told == [(APPLE, first, market.quote(APPLE))]


def test_nothing_is_priced_that_nobody_asks_for() -> None:
    """Thousands of options are listed; a step must not cost for each of them."""
    asked: list[int] = []

    class Counting(Catalogue):
        def get(self, con_id: int) -> Instrument | None:
            asked.append(con_id)
            return super().get(con_id)

    market = Market(Counting(), seed=1)
    market.watch(lambda *_: None, lambda: [APPLE])
    for _ in range(10):
        market.step()
    assert set(asked) == {APPLE}


def test_an_unknown_contract_has_no_quote() -> None:
    with pytest.raises(LookupError, match="424242"):
        Market(catalogue(), seed=1).quote(424242)


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
