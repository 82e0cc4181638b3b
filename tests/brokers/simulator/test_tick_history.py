from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.bars import bar_of
from brokers.simulator.market.history import History
from brokers.simulator.market.market import Market
from brokers.simulator.market.tape import Moment
from brokers.simulator.market.tick_history import TickHistory, TickQuery
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock

APPLE = 265598
NOW = int(WEDNESDAY.timestamp())
MONDAY_OPEN = int(datetime(2026, 3, 16, 13, 30, tzinfo=UTC).timestamp())


def of(clock: HandClock) -> tuple[TickHistory, History, Market]:
    calendar = Calendar(clock, always_open=False)
    market = Market(Catalogue(calendar=calendar), seed=7, now=calendar.now)
    history = History(market, calendar)
    return TickHistory(history), history, market


def query(
    *, start: int | None = None, end: int = NOW, count: int = 1000, what: str = "TRADES", ignores_sizes: bool = False
) -> TickQuery:
    apple = Catalogue().get(APPLE)
    assert apple is not None
    return TickQuery(apple, what, start, end, count, regular_hours=True, ignores_sizes=ignores_sizes)


def ticks(**asked: int | str | bool | None) -> list[Moment]:
    return of(HandClock())[0].ticks(query(**asked))  # type: ignore[arg-type]


def test_ticks_from_a_start_begin_there_and_are_whole_seconds() -> None:
    found = ticks(start=NOW - 3600, count=998)
    assert (found[0].second, len(found)) == (NOW - 3600, 1000)


def test_ticks_up_to_an_end_are_the_last_before_it() -> None:
    found = ticks(end=NOW - 60, count=1000)
    assert (found[-1].second, len(found)) == (NOW - 61, 1000)
    assert [moment.second for moment in found] == sorted(moment.second for moment in found)


def test_pages_forwards_are_one_history() -> None:
    whole = ticks(start=NOW - 600, count=1000)
    pages: list[Moment] = []
    while len(pages) < 1000:
        pages += ticks(start=pages[-1].second + 1 if pages else NOW - 600, count=100)
    assert pages == whole


def test_pages_backwards_are_the_same_history() -> None:
    whole = ticks(start=NOW - 250, count=1000)
    pages: list[Moment] = []
    while len(pages) < 1000:
        pages = ticks(end=pages[0].second if pages else NOW, count=100) + pages
    assert pages == whole


def test_trades_make_the_bar_of_their_time() -> None:
    _, history, _ = of(HandClock())
    tape = history.tape(APPLE)
    found = ticks(start=NOW - 60, end=NOW, count=1000)
    stretch = tape.over(NOW - 60, NOW)
    assert stretch is not None
    bar = bar_of(stretch, tape.prices, "TRADES")
    prices = [tape.prices.last(moment.point) for moment in found]
    assert (prices[0], max(prices), min(prices), prices[-1]) == (bar.open, bar.high, bar.low, bar.close)
    assert sum((tape.prices.size(moment.lots) for moment in found), Decimal(0)) == bar.volume


def test_ticks_reach_over_a_night() -> None:
    closed = int(datetime(2026, 3, 17, 4, 0, tzinfo=UTC).timestamp())
    assert ticks(start=closed, count=1)[0].second == MONDAY_OPEN + 86_400
    assert ticks(end=closed, count=1)[-1].second == int(datetime(2026, 3, 16, 20, 0, tzinfo=UTC).timestamp()) - 1


def test_there_are_no_ticks_of_the_future() -> None:
    assert ticks(start=NOW - 2, count=1000)[-1].second == NOW - 1
    assert ticks(start=NOW + 60) == []


@pytest.mark.parametrize(
    ("what", "ignores_sizes", "is_thinned"),
    [("TRADES", True, False), ("BID_ASK", False, False), ("BID_ASK", True, True), ("MIDPOINT", False, True)],
)
def test_quotes_are_thinned_to_changes_of_price(what: str, ignores_sizes: bool, is_thinned: bool) -> None:
    _, history, _ = of(HandClock())
    bid: Callable[[int], Decimal] = history.tape(APPLE).prices.bid
    found = ticks(start=NOW - 3600, count=500, what=what, ignores_sizes=ignores_sizes)
    assert all(bid(before.point) != bid(now.point) for before, now in pairwise(found)) is is_thinned


def test_a_change_of_price_between_two_seconds_is_a_tick() -> None:
    """Where a run of the market begins, its price is not where the path was."""
    clock = HandClock()
    one, history, market = of(clock)
    clock.run(market, 1.75)
    clock.forward(1)
    tape = history.tape(APPLE)
    at = [tape.prices.bid(moment.point) for second in range(NOW - 2, NOW + 2) for moment in tape.moments(second)]
    found = one.ticks(query(start=NOW - 1, end=NOW + 2, what="MIDPOINT"))
    changes = [now for before, now in pairwise(at[3:]) if before != now]
    assert [tape.prices.bid(moment.point) for moment in found] == changes
    assert NOW in [moment.second for moment in found]


def test_ticks_of_a_running_market_are_its_quotes() -> None:
    clock = HandClock()
    one, history, market = of(clock)
    seen = []
    market.watch(lambda _id, _before, now: seen.append((now.last, now.last_size, now.bid_size)), lambda: [APPLE])
    clock.run(market, 29.75)
    clock.forward(1)
    prices = history.tape(APPLE).prices
    found = one.ticks(query(start=NOW, end=NOW + 60, count=1000))
    told = [(prices.last(at.point), prices.size(at.lots), prices.sizes(at.quarter)[0]) for at in found]
    assert told == seen
