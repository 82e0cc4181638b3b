from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.connections.link import Link
from brokers.simulator.connections.session import Sessions
from brokers.simulator.feeds.market_data import MarketData
from brokers.simulator.market.market import Market, Quote
from tests.brokers.simulator.hand_clock import HandClock

APPLE, EURO = 265598, 12087792

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 19, 4, 0, tzinfo=UTC)
NEW_YORK_OPENS = datetime(2026, 3, 19, 8, 0, tzinfo=UTC)
# Thursday's trading of a currency pair begins on Wednesday at a quarter past five in the afternoon.
PAIRS_OPEN = datetime(2026, 3, 18, 21, 15, tzinfo=UTC)


def market_of(clock: HandClock, *, always_open: bool) -> Market:
    calendar = Calendar(clock, always_open=always_open)
    catalogue = Catalogue(calendar=calendar)
    market = Market(catalogue, seed=7, now=calendar.now, always_open=always_open)
    MarketData(Sessions(), market, catalogue, calendar, Link())
    return market


def days(con_id: int, opens: datetime, *, always_open: bool) -> list[list[Quote]]:
    """A minute before and a minute after each of two openings that are a day apart."""
    clock = HandClock(opens - timedelta(seconds=60.25))
    market = market_of(clock, always_open=always_open)
    seen: list[Quote] = []
    market.watch(lambda _id, _before, now: seen.append(now), lambda: [con_id])
    clock.run(market, 120)
    clock.moment = opens + DAY - timedelta(seconds=60.25)
    clock.run(market, 120)
    return [seen[:240], seen[240:720], seen[720:]]


@pytest.mark.parametrize(
    ("con_id", "opens", "always_open"),
    [
        (APPLE, NEW_YORK_OPENS, False),
        (APPLE, MIDNIGHT, True),
        (EURO, PAIRS_OPEN, False),
        (EURO, MIDNIGHT, True),
    ],
)
def test_each_day_has_an_open_a_high_a_low_a_volume_and_the_close_before_it(
    con_id: int, opens: datetime, always_open: bool
) -> None:
    first, *later = days(con_id, opens, always_open=always_open)
    assert len({(quote.open, quote.close) for quote in first}) == 1
    before = first[-1]
    for day in later:
        shown = [quote.last or quote.bid for quote in day]
        assert {quote.open for quote in day} == {shown[0]}
        assert {quote.close for quote in day} == {before.last or before.bid}
        assert day[-1].low == min(shown)
        assert day[-1].high == max(quote.last or quote.ask for quote in day)
        if con_id == APPLE:
            assert day[0].volume == day[0].last_size
            assert day[-1].volume == sum(quote.last_size or 0 for quote in day)
        before = day[-1]


def test_an_evening_after_the_close_belongs_to_the_day_that_was() -> None:
    clock = HandClock(datetime(2026, 3, 18, 23, 59, tzinfo=UTC))
    market = market_of(clock, always_open=False)
    opened = market.quote(APPLE).open
    clock.run(market, 300)
    clock.moment = NEW_YORK_OPENS - timedelta(seconds=1)
    market.step()
    assert market.quote(APPLE).open == opened


def test_over_a_weekend_the_day_is_fridays() -> None:
    clock = HandClock(datetime(2026, 3, 20, 23, 0, tzinfo=UTC))
    market = market_of(clock, always_open=False)
    clock.run(market, 10)
    friday = market.quote(APPLE)
    clock.moment = datetime(2026, 3, 22, 15, 0, tzinfo=UTC)
    market.step()
    assert (market.quote(APPLE).open, market.quote(APPLE).close) == (friday.open, friday.close)
    monday = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
    clock.moment = monday
    market.step()
    assert market.quote(APPLE).open == market.quote(APPLE).last


def test_a_quote_of_a_day_that_was_is_what_it_was() -> None:
    clock = HandClock(NEW_YORK_OPENS - timedelta(seconds=10))
    market = market_of(clock, always_open=False)
    clock.run(market, 5)
    step, quote = market.steps, market.quote(APPLE)
    clock.run(market, 10)
    assert market.quote(APPLE).open != quote.open
    assert market.walk(APPLE).quote(step) == quote
