"""Prices that are made of another's: options, futures, funds and contracts for difference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.catalogue.listings.options import OPTIONS, OptionSeries
from brokers.simulator.catalogue.listings.pricing import INTEREST, Option
from brokers.simulator.market.chart import Chart, parse_duration, parse_size
from brokers.simulator.market.history import DatedBar, History
from brokers.simulator.market.market import Market
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders.message import CONTRACT
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock
from tests.brokers.simulator.test_history import shape, together

YEAR = 365 * 86_400
FRIDAY = date(2026, 3, 20)
SPY_CLOSES = datetime(2026, 3, 20, 20, tzinfo=UTC)
SPY_DAY_ENDS = datetime(2026, 3, 21, 4, tzinfo=UTC)
SPY, SPX, ES_INDEX, US30, INDU = 756733, 416904, 11004968, 111987407, 1935181


class World:
    """A market with its past, at a time that a test moves."""

    def __init__(self, moment: datetime = WEDNESDAY, *, seed: int = 7, always_open: bool = True) -> None:
        self.clock = HandClock(moment)
        self.calendar = Calendar(self.clock, always_open=always_open)
        self.catalogue = Catalogue(calendar=self.calendar)
        self.market = Market(self.catalogue, seed=seed, now=self.calendar.now, always_open=always_open)
        self.market.begin(step_seconds=0.25)
        self.history = History(self.market, self.calendar)

    @property
    def now(self) -> int:
        return int(self.clock.moment.timestamp())

    def find(self, **fields: str) -> Instrument:
        [match, *_] = self.catalogue.find(dict.fromkeys((*CONTRACT, "includeExpired"), "") | fields)
        return match.instrument

    def pair(self, strike: str, expiry: str = "20260417", **fields: str) -> tuple[Instrument, Instrument]:
        """A call and its put."""
        fields = {"symbol": "SPY", "secType": "OPT"} | fields
        found = (
            self.find(strike=strike, right=right, lastTradeDateOrContractMonth=expiry, **fields) for right in ("C", "P")
        )
        return next(found), next(found)

    def quote(self, of: Instrument | int) -> Quote:
        return self.market.quote(of if isinstance(of, int) else of.con_id)

    def middle(self, of: Instrument | int) -> float:
        return float(self.quote(of).middle)

    def years(self, of: Instrument) -> float:
        assert of.last_day is not None
        return max((self.calendar.last_moment(of, of.last_day) - self.clock.moment).total_seconds() / YEAR, 0)

    def bars(self, of: Instrument, size: str, duration: str, what: str = "MIDPOINT") -> list[DatedBar]:
        chart = Chart(
            instrument=of,
            exchange="SMART",
            what=what,
            size=parse_size(size),
            duration=parse_duration(duration),
            regular_hours=True,
            as_epoch=False,
        )
        return self.history.bars(chart, self.history.start(chart, self.now), self.now)


def width(quote: Quote) -> float:
    return float(quote.ask - quote.bid)


def paid_for(strike: Decimal, years: float) -> float:
    return float(strike) * exp(-INTEREST * years)


@pytest.mark.parametrize(
    ("strike", "expiry"),
    [("515", "20260327"), ("548", "20260327"), ("545", "20260417"), ("600", "20260417"), ("515", "20270115")],
)
def test_a_call_its_put_and_their_share_keep_their_parity_at_every_step(strike: str, expiry: str) -> None:
    world = World()
    call, put = world.pair(strike, expiry)
    for _ in range(200):
        world.clock.run(world.market, 5)
        difference = world.middle(call) - world.middle(put)
        room = (width(world.quote(call)) + width(world.quote(put))) / 2 + 0.02
        assert difference == pytest.approx(world.middle(SPY) - paid_for(call.strike, world.years(call)), abs=room)


def test_an_option_on_a_future_follows_that_future() -> None:
    world = World()
    call, put = world.pair("5480", "20260619", symbol="ES", secType="FOP")
    future = world.catalogue.get(call.under_con_id)
    assert future is not None
    assert future.security_type == "FUT"
    for _ in range(50):
        world.clock.run(world.market, 30)
        discounted = (world.middle(future) - float(call.strike)) * exp(-INTEREST * world.years(call))
        room = (width(world.quote(call)) + width(world.quote(put))) / 2 + 0.3
        assert world.middle(call) - world.middle(put) == pytest.approx(discounted, abs=room)


@pytest.mark.parametrize(("right", "sign"), [("C", 1), ("P", -1)])
def test_a_call_rises_with_its_underlying_and_a_put_falls(right: str, sign: int) -> None:
    world = World()
    option = world.pair("548")["CP".index(right)]
    seen: list[tuple[float, float]] = []
    for _ in range(60):
        world.clock.run(world.market, 240)
        seen.append((world.middle(SPY), world.middle(option)))
    moves = [(now[0] - was[0], now[1] - was[1]) for was, now in pairwise(seen)]
    clear = [(of_share, of_option) for of_share, of_option in moves if abs(of_share) > 0.1]
    assert len(clear) > 20
    assert all(of_option * sign * of_share > 0 for of_share, of_option in clear)
    assert all(abs(of_option) < abs(of_share) + 0.05 for of_share, of_option in clear)


@pytest.mark.parametrize(("always_open", "end"), [(False, SPY_CLOSES), (True, SPY_DAY_ENDS)])
@pytest.mark.parametrize("strike", ["530", "548", "560"])
def test_an_option_ends_at_what_is_in_the_money(strike: str, end: datetime, *, always_open: bool) -> None:
    world = World(end - timedelta(seconds=30), always_open=always_open)
    call, put = world.pair(strike, f"{FRIDAY:%Y%m%d}")
    world.clock.run(world.market, 29)
    under = world.middle(SPY)
    for option, inside in ((call, under - float(strike)), (put, float(strike) - under)):
        assert world.middle(option) == pytest.approx(max(inside, 0.01), abs=width(world.quote(option)) / 2 + 0.1)


def test_an_option_loses_what_time_is_worth_while_its_underlying_stands() -> None:
    world = World()
    world.market.put(SPY, world.market.pin(SPY))
    call, put = world.pair("548")
    before = world.middle(call), world.middle(put)
    world.clock.moment += timedelta(days=14)
    world.market.step()
    assert world.middle(call) < before[0] * 0.8
    assert world.middle(put) < before[1] * 0.8


def test_strikes_below_the_money_are_dearer_than_one_volatility_would_make_them_and_those_above_cheaper() -> None:
    world = World()
    put, call = world.pair("515")[1], world.pair("575")[0]

    def alike(one: Instrument) -> float:
        return Option(float(one.strike), one.right, 0.16).value(world.middle(SPY), world.years(one))

    assert world.middle(put) > alike(put) * 1.2
    assert world.middle(call) < alike(call) * 0.95


def test_a_future_stands_above_its_index_by_the_interest_and_meets_it_at_the_end() -> None:
    world = World(datetime(2026, 3, 20, 20, 59, tzinfo=UTC), always_open=False)
    ending = world.find(symbol="ES", secType="FUT", lastTradeDateOrContractMonth="20260320")
    later = world.find(symbol="ES", secType="FUT", lastTradeDateOrContractMonth="20260619")
    for _ in range(30):
        world.clock.run(world.market, 1)
        index = world.middle(ES_INDEX)
        assert world.middle(ending) == pytest.approx(index, abs=0.3)
        assert world.middle(later) == pytest.approx(index * exp(INTEREST * world.years(later)), abs=0.3)


@pytest.mark.parametrize(("con_id", "other", "share"), [(US30, INDU, 1.0), (ES_INDEX, SPX, 1.0), (SPY, SPX, 0.1)])
def test_a_contract_for_difference_an_index_and_a_fund_go_with_what_they_are_about(
    con_id: int, other: int, share: float
) -> None:
    world = World()
    ratios = []
    for _ in range(100):
        world.clock.run(world.market, 10)
        ratios.append(world.middle(con_id) / world.middle(other))
    assert ratios == pytest.approx([share] * 100, rel=0.0002)


def test_an_option_moves_though_nobody_watches_its_underlying() -> None:
    world = World()
    call, _ = world.pair("548")
    asked: list[int] = []
    world.market.watch(lambda con_id, _before, _now: asked.append(con_id), lambda: [call.con_id])
    world.clock.run(world.market, 60)
    assert set(asked) == {call.con_id}
    assert len({quote.middle for quote in (world.market.walk(call.con_id).quote(step) for step in range(240))}) > 1


# The past


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    right=st.sampled_from("CP"),
    sizes=st.sampled_from([("1 min", "5 mins"), ("5 secs", "1 min"), ("15 mins", "1 hour"), ("1 hour", "1 day")]),
    days=st.integers(0, 40),
)
def test_small_bars_of_an_option_make_the_large_one(seed: int, right: str, sizes: tuple[str, str], days: int) -> None:
    world = World(WEDNESDAY - timedelta(days=days), seed=seed, always_open=False)
    option = world.pair("548", "20260320")["CP".index(right)]
    small, large = (world.bars(option, size, "3600 S" if "secs" in sizes[0] else "2 D", "TRADES") for size in sizes)
    for whole, following in pairwise(large):
        parts = [bar.bar for bar in small if whole.opens <= bar.opens < following.opens]
        # With seconds, the first large bar may have begun before the small ones.
        if small[0].opens <= whole.opens:
            assert shape(together(parts)) == shape(whole.bar)


def test_the_past_of_a_call_and_its_put_keeps_their_parity() -> None:
    world = World()
    call, put = world.pair("548")
    spy = world.catalogue.get(SPY)
    assert spy is not None
    pasts = [{bar.opens: bar.bar for bar in world.bars(one, "1 hour", "20 D")} for one in (call, put, spy)]
    assert len(pasts[0]) > 400
    for opens in pasts[0].keys() & pasts[2].keys():
        at = datetime.fromtimestamp(opens, UTC)
        years = (world.calendar.last_moment(call, date(2026, 4, 17)) - at).total_seconds() / YEAR
        call_bar, put_bar, share = (past[opens] for past in pasts)
        difference = float(call_bar.open - put_bar.open)
        assert difference == pytest.approx(float(share.open) - paid_for(call.strike, years), abs=0.5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), minutes=st.integers(0, 10**4), right=st.sampled_from("CP"))
def test_the_past_of_an_option_ends_where_its_market_begins(seed: int, minutes: int, right: str) -> None:
    world = World(WEDNESDAY + timedelta(minutes=minutes), seed=seed)
    option = world.pair("548", "20260417")["CP".index(right)]
    tape = world.history.tape(option.con_id)
    last, first = tape.moments(world.now - 1)[-1], tape.moments(world.now)[0]
    assert tape.prices.bid(first.point) == world.quote(option).bid
    assert abs(float(tape.prices.bid(last.point) - tape.prices.bid(first.point))) < 0.5


def test_what_an_options_market_showed_is_its_history_over_the_edge_of_an_hour() -> None:
    world = World(WEDNESDAY - timedelta(seconds=120), always_open=False)
    call, _ = world.pair("548")
    seen: list[tuple[int, Decimal | None]] = []
    world.market.watch(lambda _id, _before, now: seen.append((world.now, now.last)), lambda: [call.con_id])
    world.clock.run(world.market, 240)
    for bar in world.bars(call, "1 min", "180 S", "TRADES"):
        shown = [last for second, last in seen if bar.opens <= second < bar.opens + 60 and last is not None]
        assert (bar.bar.open, bar.bar.close) == (shown[0], shown[-1])
        assert (bar.bar.high, bar.bar.low) == (max(shown), min(shown))


def test_another_gateway_with_the_same_seed_has_the_same_prices_of_an_option() -> None:
    first, second = World(), World()
    call, put = first.pair("548")
    second.clock.run(second.market, 100)
    for _ in range(4):
        first.clock.run(first.market, 25)
    assert [first.quote(one) for one in (call, put)] == [second.quote(one) for one in (call, put)]
    assert first.bars(call, "5 mins", "1 D") == second.bars(call, "5 mins", "1 D")


def test_the_past_of_an_option_does_not_depend_on_the_day_on_which_it_was_looked_at_first() -> None:
    known, unknown = World(), World()
    call, _ = known.pair("548", "20260618")
    for world in (known, unknown):
        world.clock.moment += timedelta(days=20)
        world.market.step()
    assert unknown.pair("548", "20260618")[0].con_id == call.con_id
    assert known.bars(call, "1 hour", "30 D") == unknown.bars(call, "1 hour", "30 D")


# Bids and asks


@settings(max_examples=150, deadline=None)
@given(series=st.sampled_from(OPTIONS), points=st.lists(st.integers(1, 10**6), min_size=2, max_size=30, unique=True))
def test_bids_asks_and_trades_rise_with_the_price_and_stand_around_it(series: OptionSeries, points: list[int]) -> None:
    contract = next(series.listed(FRIDAY))
    prices = Market(Catalogue(INSTRUMENTS), seed=1).walk(series.instrument(contract, FRIDAY).con_id).prices
    shown = [(prices.bid(point), prices.last(point), prices.ask(point)) for point in sorted(points)]
    rule = prices.instrument.market_rule
    for point, (bid, last, ask) in zip(sorted(points), shown, strict=True):
        value = Decimal(point) * Decimal(prices.grid.unit.numerator) / Decimal(prices.grid.unit.denominator)
        assert bid < ask
        assert bid <= last <= ask
        assert bid <= max(value, rule.increment(Decimal(0))) <= ask
        assert all(rule.allows(price) for price in (bid, last, ask))
    for was, now in pairwise(shown):
        assert all(before <= after for before, after in zip(was, now, strict=True))


# Held by hand


def test_what_follows_a_price_that_is_held_stands_where_that_puts_it() -> None:
    world = World()
    call, put = world.pair("548")
    told: list[int] = []
    world.market.watch(lambda con_id, _before, _now: told.append(con_id), lambda: [call.con_id, put.con_id, US30])
    before = world.middle(call), world.middle(put)
    world.market.put(SPY, world.market.pin(SPY).moved(bid=Decimal(560)))
    assert told == [call.con_id, put.con_id]
    assert world.middle(call) > before[0] + 7
    assert world.middle(put) < before[1] - 3
    book = world.market.book(call.con_id)
    assert (book.bids[0].price, book.asks[0].price) == (world.quote(call).bid, world.quote(call).ask)
    quote = world.quote(call)
    assert quote.low <= quote.mark <= quote.high
    world.market.put(SPY, None)
    assert (world.middle(call), world.middle(put)) == before


def test_an_option_on_a_future_goes_with_an_index_that_is_held() -> None:
    world = World()
    call, _ = world.pair("5480", "20260619", symbol="ES", secType="FOP")
    before = world.middle(call)
    world.market.put(SPX, world.market.pin(SPX).moved(bid=Decimal(5600)))
    assert world.middle(call) > before + 50
