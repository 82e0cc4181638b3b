from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.bars import Bar
from brokers.simulator.market.chart import LEGAL_SIZES, Chart, Duration, parse_duration, parse_size
from brokers.simulator.market.history import DatedBar, History, TooLong
from brokers.simulator.market.market import Market
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock

APPLE, EURO, SAP, BITCOIN = 265598, 12087792, 14204, 479624278
SPX = 416904

INTRADAY = [text for text, size in LEGAL_SIZES.items() if size.group is None]


def second(moment: datetime) -> int:
    return int(moment.timestamp())


NOW = second(WEDNESDAY)


def history(*, seed: int = 7, clock: HandClock | None = None, always_open: bool = False) -> tuple[History, Market]:
    calendar = Calendar(clock or HandClock(), always_open=always_open)
    market = Market(Catalogue(calendar=calendar), seed=seed, now=calendar.now)
    return History(market, calendar), market


def chart(
    size: str, *, con_id: int = APPLE, what: str = "TRADES", duration: str = "1 D", regular_hours: bool = True
) -> Chart:
    instrument = Catalogue().get(con_id)
    assert instrument is not None
    return Chart(
        instrument=instrument,
        exchange="SMART",
        what=what,
        size=parse_size(size),
        duration=parse_duration(duration),
        regular_hours=regular_hours,
        as_epoch=False,
    )


def bars(size: str, end: datetime = WEDNESDAY, *, seed: int = 7, **options: object) -> list[DatedBar]:
    one, _ = history(seed=seed)
    asked = chart(size, **options)  # type: ignore[arg-type]
    return one.bars(asked, one.start(asked, second(end)), second(end))


def together(parts: list[Bar]) -> Bar:
    """What small bars make, apart from the average."""
    return Bar(
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum((part.volume for part in parts), Decimal(0)),
        count=sum(part.count for part in parts),
    )


def shape(bar: Bar) -> tuple[Decimal | int, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    days_ago=st.integers(1, 3000),
    sizes=st.sampled_from([("1 min", "5 mins"), ("5 secs", "1 min"), ("15 mins", "1 hour"), ("1 hour", "1 day")]),
)
def test_small_bars_make_the_large_one(seed: int, days_ago: int, sizes: tuple[str, str]) -> None:
    end = WEDNESDAY - timedelta(days=days_ago)
    small, large = (bars(size, end, seed=seed) for size in sizes)
    ends = [bar.opens for bar in large[1:]] + [small[-1].opens + 1]
    for whole, last in zip(large, ends, strict=True):
        parts = [bar.bar for bar in small if whole.opens <= bar.opens < last]
        # The last large bar reaches beyond the end that both were asked up to.
        if whole is not large[-1]:
            assert shape(together(parts)) == shape(whole.bar)


def test_a_day_is_made_of_its_minutes() -> None:
    tuesday = datetime(2026, 3, 17, 23, tzinfo=UTC)
    [day] = bars("1 day", tuesday)
    minutes = bars("1 min", tuesday)
    assert len(minutes) == 390
    assert shape(together([bar.bar for bar in minutes])) == shape(day.bar)


@settings(max_examples=30, deadline=None)
@given(what=st.sampled_from(["TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"]), size=st.sampled_from(INTRADAY))
def test_the_same_bar_asked_twice_is_the_same(what: str, size: str) -> None:
    duration = "1800 S" if size.endswith("secs") else "1 D"
    earlier = bars(size, WEDNESDAY - timedelta(minutes=7), what=what, duration=duration)
    later = {bar.opens: bar for bar in bars(size, WEDNESDAY, what=what, duration=duration)}
    known = [bar for bar in earlier if bar.opens in later]
    assert known
    assert all(later[bar.opens] == bar for bar in known)


def test_another_seed_has_another_past() -> None:
    assert bars("1 hour", seed=1) != bars("1 hour", seed=2)


def test_bars_of_a_year_follow_each_other_without_a_hole() -> None:
    days = [bar.day for bar in bars("1 day", duration="1 Y")]
    assert days == sorted(set(days))
    assert all(day.weekday() < 5 for day in days)
    assert 248 <= len(days) <= 253
    assert days[-1] == WEDNESDAY.date()


def test_regular_hours_are_the_exchanges_own() -> None:
    opens = [datetime.fromtimestamp(bar.opens, UTC) for bar in bars("30 mins", datetime(2026, 3, 17, 23, tzinfo=UTC))]
    assert (opens[0], opens[-1], len(opens)) == (
        datetime(2026, 3, 17, 13, 30, tzinfo=UTC),
        datetime(2026, 3, 17, 19, 30, tzinfo=UTC),
        13,
    )


def test_the_first_hour_of_new_york_is_half_an_hour_long() -> None:
    first, second_bar, *_ = bars("1 hour")
    assert first.opens == second(datetime(2026, 3, 18, 13, 30, tzinfo=UTC))
    assert second_bar.opens - first.opens == 1800


def test_outside_of_hours_there_are_no_bars() -> None:
    sunday = datetime(2026, 3, 15, 15, tzinfo=UTC)
    assert {bar.day for bar in bars("5 mins", sunday)} == {date(2026, 3, 13)}


def test_extended_hours_have_more_bars_and_the_same_in_between() -> None:
    regular = bars("5 mins")
    extended = {bar.opens: bar for bar in bars("5 mins", regular_hours=False)}
    assert len(extended) > len(regular)
    assert all(extended[bar.opens] == bar for bar in regular)


def test_pages_that_end_where_the_last_began_make_one_history() -> None:
    whole = bars("5 mins", duration="3 D")
    pages: list[DatedBar] = []
    end = WEDNESDAY
    for _ in range(3):
        page = bars("5 mins", end, duration="1 D")
        end = datetime.fromtimestamp(page[0].opens, UTC)
        pages = page + pages
    assert pages == whole


@pytest.mark.parametrize(("duration", "count"), [("600 S", 10), ("3600 S", 60), ("60 S", 1), ("36000 S", 600)])
def test_seconds_are_seconds_of_trading(duration: str, count: int) -> None:
    assert len(bars("1 min", duration=duration)) == count
    assert len(bars("1 min", datetime(2026, 3, 15, 15, tzinfo=UTC), duration=duration)) == count


def test_what_is_quoted_alone_has_bars_without_volume() -> None:
    [bar, *_] = [bar.bar for bar in bars("1 hour", con_id=EURO, what="MIDPOINT")]
    assert (bar.volume, bar.average, bar.count) == (-1, -1, -1)


def test_bids_lie_below_asks_and_midpoints_between_them() -> None:
    bids, asks, middles = (bars("1 hour", what=what) for what in ("BID", "ASK", "MIDPOINT"))
    for bid, ask, middle in zip(bids, asks, middles, strict=True):
        assert bid.bar.high < middle.bar.high < ask.bar.high
        assert bid.bar.low < middle.bar.low < ask.bar.low


def test_bars_of_bids_and_asks_show_the_lowest_bid_and_the_highest_ask() -> None:
    bids, asks, both = (bars("1 hour", what=what) for what in ("BID", "ASK", "BID_ASK"))
    assert [(one.bar.low, one.bar.high) for one in both] == [
        (bid.bar.low, ask.bar.high) for bid, ask in zip(bids, asks, strict=True)
    ]


def test_an_index_has_bars_without_volume() -> None:
    assert {bar.bar.volume for bar in bars("1 hour", con_id=SPX)} == {Decimal(0)}


def test_a_bar_that_is_being_made_is_what_there_is_of_it() -> None:
    clock = HandClock(WEDNESDAY + timedelta(minutes=2))
    one, _ = history(clock=clock)
    asked = chart("5 mins", duration="300 S")
    [first] = one.bars(asked, NOW, NOW + 200)
    clock.forward(60)
    [later] = one.bars(asked, NOW, NOW + 200)
    assert first.opens == later.opens
    assert (later.bar.count - first.bar.count, later.bar.open) == (240, first.bar.open)


def test_what_the_running_market_showed_is_its_history() -> None:
    clock = HandClock()
    one, market = history(clock=clock)
    seen: list[Decimal] = []
    market.watch(lambda _id, _before, now: seen.append(now.last or Decimal(0)), lambda: [APPLE])
    clock.run(market, 59.75)
    [bar] = one.bars(chart("1 min"), NOW, NOW + 60)
    assert len(seen) == 239
    assert (bar.bar.open, bar.bar.close) == (seen[0], seen[-1])
    assert (bar.bar.high, bar.bar.low, bar.bar.count) == (max(seen), min(seen), 239)


def test_a_day_that_ends_at_midnight_is_dated_by_the_day_that_it_was() -> None:
    days = [date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 18)]
    assert [bar.day for bar in bars("1 day", con_id=BITCOIN, what="MIDPOINT", duration="3 D")] == days
    assert [bar.day for bar in bars("1 day", duration="3 D")] == days


def test_a_place_that_is_always_open_has_a_history_at_every_hour() -> None:
    sunday = datetime(2026, 3, 15, 7, 30, tzinfo=UTC)
    one, _ = history(clock=HandClock(sunday), always_open=True)
    asked = chart("1 hour")
    assert len(one.bars(asked, one.start(asked, second(sunday)), second(sunday))) == 24


def test_too_many_bars_are_refused_before_they_are_made() -> None:
    with pytest.raises(TooLong):
        bars("1 secs", duration="1 Y")


@pytest.mark.parametrize(
    ("size", "duration", "first"),
    [("1M", "3 M", date(2025, 12, 31)), ("1W", "2 W", date(2026, 3, 6)), ("1 week", "1 M", date(2026, 2, 20))],
)
def test_weeks_and_months_begin_whole(size: str, duration: str, first: date) -> None:
    found = bars(size, duration=duration)
    assert found[0].day == first
    assert found[-1].day == WEDNESDAY.date()
    opened = datetime.fromtimestamp(found[0].opens, UTC).date()
    assert opened in (date(2026, 3, 2), date(2026, 2, 17), date(2025, 12, 1))


@pytest.mark.parametrize(
    ("duration", "before"),
    [("1 W", date(2026, 3, 11)), ("1 M", date(2026, 2, 18)), ("12 M", date(2025, 3, 18)), ("2 Y", date(2024, 3, 18))],
)
def test_a_duration_leads_back_by_the_calendar(duration: str, before: date) -> None:
    assert parse_duration(duration).before(date(2026, 3, 18)) == before


def test_a_month_before_the_31st_is_its_last_day() -> None:
    assert Duration(1, "M").before(date(2026, 3, 31)) == date(2026, 2, 28)


@pytest.mark.parametrize("text", ["", "D", "0 D", "1 H", "86401 S", "366 D", "13 M", "1.5 D", "1 d"])
def test_a_duration_that_ib_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Historical data"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "1 sec", "7 mins", "1 hours", "1 year"])
def test_a_bar_size_that_ib_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Legal ones are: 1 secs, 5 secs"):
        parse_size(text)


def test_history_ends_before_it_begins_at_the_head_and_is_empty_there() -> None:
    one, _ = history()
    asked = chart("1 day")
    head = one.schedule(asked.instrument, regular_hours=True).head()
    assert one.bars(asked, head - 10 * 86_400, head) == []
    assert one.bars(asked, head - 10 * 86_400, head + 86_400)[0].opens == head


def test_what_expired_has_a_history_up_to_its_last_day() -> None:
    past = chart("1 day", con_id=279396750, duration="5 D")
    one, _ = history()
    days = [bar.day for bar in one.bars(past, second(datetime(2018, 9, 17, tzinfo=UTC)), NOW)]
    assert days[-1] == date(2018, 9, 21)


def points(one: History, con_id: int, at: int) -> list[int]:
    return [moment.point for moment in one.tape(con_id).moments(at)]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), con_id=st.sampled_from([APPLE, EURO, SAP, SPX]), minutes=st.integers(0, 10**6))
def test_the_past_ends_where_the_market_begins(seed: int, con_id: int, minutes: int) -> None:
    began = HandClock(WEDNESDAY + timedelta(minutes=minutes))
    one, market = history(seed=seed, clock=began)
    home = market.walk(con_id).prices.home
    market.begin(step_seconds=0.25)
    last, first = points(one, con_id, one.now() - 1)[-1], points(one, con_id, one.now())[0]
    assert first == home
    assert abs(last - first) < home / 200


@pytest.mark.parametrize("what", ["TRADES", "MIDPOINT"])
def test_while_the_market_is_frozen_its_history_stands_still(what: str) -> None:
    clock = HandClock()
    one, market = history(clock=clock)
    clock.run(market, 10)
    market.is_frozen = True
    clock.run(market, 600)
    quote = market.quote(APPLE)
    found = one.bars(chart("5 secs", what=what), NOW + 15, NOW + 610)
    price = quote.last if what == "TRADES" else quote.middle
    assert {(bar.bar.open, bar.bar.high, bar.bar.low, bar.bar.close) for bar in found} == {(price,) * 4}
    assert len(found) == 119
    assert {bar.bar.volume for bar in found} == {Decimal(0 if what == "TRADES" else -1)}


def test_a_market_that_is_run_slowly_has_the_history_that_it_showed() -> None:
    clock = HandClock()
    one, market = history(clock=clock)
    market.begin(step_seconds=250)
    seen: list[Decimal] = []
    for _ in range(4):
        seen += [market.quote(APPLE).middle] * 25
        clock.forward(250)
        market.step()
    found = one.bars(chart("10 secs", what="MIDPOINT"), NOW, NOW + 1000)
    assert [bar.bar.close for bar in found] == seen


def test_after_the_gateway_slept_the_past_goes_on_from_where_it_was() -> None:
    clock = HandClock()
    one, market = history(clock=clock)
    clock.run(market, 10)
    stood = market.walk(APPLE).trail.at(market.steps).close
    clock.forward(3600)
    market.step()
    assert abs(points(one, APPLE, NOW + 10 + 60)[0] - stood) < stood / 1000


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), con_id=st.sampled_from([APPLE, EURO, SPX]), minutes=st.integers(0, 8 * 60))
def test_a_past_that_was_joined_has_no_jump_anywhere_in_its_last_day(seed: int, con_id: int, minutes: int) -> None:
    one, market = history(seed=seed, clock=HandClock(WEDNESDAY + timedelta(minutes=minutes)))
    market.begin(step_seconds=0.25)
    widest = market.walk(con_id).prices.home / 100
    for edge in range(one.now() - 86_400 * 2 - one.now() % 900, one.now(), 900):
        before, after = points(one, con_id, edge - 1)[-1], points(one, con_id, edge)[0]
        assert abs(after - before) < widest


def test_a_gateway_that_is_started_again_on_the_same_day_has_the_same_past() -> None:
    midnight = datetime(2026, 3, 18, tzinfo=UTC)
    pasts = []
    for minutes in (0, 17, 6 * 60, 24 * 60 - 1):
        one, market = history(clock=HandClock(midnight + timedelta(minutes=minutes)))
        market.begin(step_seconds=0.25)
        asked = chart("1 hour", duration="2 W", regular_hours=False)
        pasts.append(one.bars(asked, one.start(asked, second(midnight)), second(midnight)))
    assert len(pasts[0]) > 100
    assert all(past == pasts[0] for past in pasts)


def test_the_day_on_which_the_gateway_began_is_made_of_its_minutes() -> None:
    one, market = history(clock=HandClock(WEDNESDAY + timedelta(minutes=7)))
    market.begin(step_seconds=0.25)
    [day], minutes, hours = (one.bars(chart(size), NOW - 5400, NOW + 421) for size in ("1 day", "1 min", "1 hour"))
    assert len(minutes) == 98
    assert shape(together([bar.bar for bar in minutes])) == shape(day.bar)
    assert shape(together([bar.bar for bar in hours])) == shape(day.bar)
