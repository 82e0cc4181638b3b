from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_insync import ContractDetails

from brokers.simulator.catalogue import holidays
from brokers.simulator.catalogue.hours import EVERY_DAY, PUBLISHED_DAYS, Calendar, Hours, Phase, Span
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.catalogue.listings.futures import ES, HSI

TODAY = date(2026, 11, 23)
BY_NAME = {(one.local_symbol, one.currency): one for one in INSTRUMENTS}
APPLE, EURO, BITCOIN = (BY_NAME[name, "USD"] for name in ("AAPL", "EUR.USD", "BTC.USD"))
VODAFONE, TENCENT = BY_NAME["VOD", "GBP"], BY_NAME["700", "HKD"]
FUTURE, HONG_KONG_FUTURE = (series.instrument(series.front(TODAY), TODAY) for series in (ES, HSI))

EVERY_KIND = [*INSTRUMENTS, FUTURE, HONG_KONG_FUTURE]
DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str, *, always_open: bool = False) -> Calendar:
    """A calendar whose clock stands at this time in UTC."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Calendar(lambda: moment, always_open=always_open)


def kept(instrument: Instrument, *, always_open: bool) -> Hours:
    return Calendar(always_open=always_open).hours(instrument)


@settings(deadline=None)
@given(instrument=st.sampled_from(EVERY_KIND), today=DAYS, always_open=st.booleans())
def test_what_is_published_reads_back_as_the_sessions_that_are_kept(
    instrument: Instrument, today: date, always_open: bool
) -> None:
    hours = kept(instrument, always_open=always_open)
    details = ContractDetails(timeZoneId=str(hours.zone), tradingHours=hours.published(hours.trading, today))
    published = [(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in details.tradingSessions()]
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=hours.zone)
    first, last = today, today + timedelta(days=PUBLISHED_DAYS - 1)
    sessions = hours.sessions(hours.trading, noon)
    assert published == [(opens, closes) for opens, closes in sessions if first <= hours.day_of(closes) <= last]


@settings(deadline=None)
@given(instrument=st.sampled_from(EVERY_KIND), today=DAYS, always_open=st.booleans())
def test_each_of_the_published_days_is_told_of_once_and_in_order(
    instrument: Instrument, today: date, always_open: bool
) -> None:
    hours = kept(instrument, always_open=always_open)
    entries = hours.published(hours.liquid, today).split(";")
    days = [
        entry.partition(":")[0] if "CLOSED" in entry else entry.split("-")[1].partition(":")[0] for entry in entries
    ]
    assert days == sorted(days)
    assert len(set(days)) == PUBLISHED_DAYS


@settings(deadline=None)
@given(instrument=st.sampled_from(EVERY_KIND), moment=MOMENTS)
def test_regular_hours_lie_within_trading_hours_and_never_on_a_closed_day(
    instrument: Instrument, moment: datetime
) -> None:
    calendar = Calendar(lambda: moment, always_open=False)
    opens, closes = calendar.next_open(instrument), calendar.next_close(instrument)
    assert opens > moment
    assert closes > moment
    assert (calendar.phase(instrument) is Phase.REGULAR) == (
        closes < opens or closes == _close_of_now(instrument, moment)
    )
    assert Calendar(lambda: opens, always_open=False).phase(instrument) is Phase.REGULAR


def _close_of_now(instrument: Instrument, moment: datetime) -> datetime | None:
    sessions = instrument.hours.sessions(instrument.hours.liquid, moment)
    return next((closes for opens, closes in sessions if opens <= moment < closes), None)


@pytest.mark.parametrize(
    ("instrument", "moment", "phase"),
    [
        (APPLE, "2026-11-23 14:29", Phase.EXTENDED),
        (APPLE, "2026-11-23 14:30", Phase.REGULAR),
        (APPLE, "2026-11-23 20:59", Phase.REGULAR),
        (APPLE, "2026-11-23 21:00", Phase.EXTENDED),
        (APPLE, "2026-11-24 01:00", Phase.CLOSED),
        (APPLE, "2026-11-23 08:59", Phase.CLOSED),
        (APPLE, "2026-07-06 13:30", Phase.REGULAR),  # an hour earlier in UTC, in summer
        (APPLE, "2026-11-26 15:00", Phase.CLOSED),  # Thanksgiving
        (APPLE, "2026-11-28 15:00", Phase.CLOSED),  # a Saturday
        (EURO, "2026-11-22 22:14", Phase.CLOSED),  # Sunday, 17:14 in New York
        (EURO, "2026-11-22 22:15", Phase.REGULAR),
        (EURO, "2026-11-24 22:10", Phase.CLOSED),
        (EURO, "2026-11-27 22:30", Phase.CLOSED),
        (FUTURE, "2026-11-23 12:00", Phase.EXTENDED),
        (FUTURE, "2026-11-23 15:00", Phase.REGULAR),
        (FUTURE, "2026-11-23 22:30", Phase.CLOSED),
        (TENCENT, "2026-11-23 03:00", Phase.REGULAR),
        (TENCENT, "2026-11-23 04:30", Phase.CLOSED),  # lunch
        (TENCENT, "2026-11-23 05:30", Phase.REGULAR),
        (HONG_KONG_FUTURE, "2026-11-23 16:00", Phase.EXTENDED),  # Tuesday's session, at midnight
        (HONG_KONG_FUTURE, "2026-11-23 04:30", Phase.CLOSED),
        (VODAFONE, "2026-11-23 07:55", Phase.EXTENDED),
        (BITCOIN, "2026-11-28 15:00", Phase.REGULAR),
    ],
    ids=lambda value: value.local_symbol if isinstance(value, Instrument) else None,
)
def test_a_place_is_in_the_phase_that_its_clock_says(instrument: Instrument, moment: str, phase: Phase) -> None:
    assert at(moment).phase(instrument) is phase
    assert at(moment, always_open=True).phase(instrument) is Phase.REGULAR


@pytest.mark.parametrize(
    ("instrument", "moment", "opens", "closes"),
    [
        (APPLE, "2026-11-23 15:00", "2026-11-24 14:30", "2026-11-23 21:00"),
        (APPLE, "2026-11-25 21:00", "2026-11-27 14:30", "2026-11-27 21:00"),
        (APPLE, "2026-11-28 12:00", "2026-11-30 14:30", "2026-11-30 21:00"),
        (APPLE, "2026-10-31 12:00", "2026-11-02 14:30", "2026-11-02 21:00"),  # the clocks went back in between
        (TENCENT, "2026-11-23 03:00", "2026-11-23 05:00", "2026-11-23 04:00"),
        (EURO, "2026-11-27 23:00", "2026-11-29 22:15", "2026-11-30 22:00"),
    ],
)
def test_the_next_opening_and_close_are_those_of_the_liquid_hours(
    instrument: Instrument, moment: str, opens: str, closes: str
) -> None:
    calendar = at(moment)
    assert calendar.next_open(instrument) == datetime.fromisoformat(opens).replace(tzinfo=UTC)
    assert calendar.next_close(instrument) == datetime.fromisoformat(closes).replace(tzinfo=UTC)


@settings(deadline=None)
@given(instrument=st.sampled_from(EVERY_KIND), moment=MOMENTS)
def test_a_place_that_is_always_open_says_so_and_its_days_end_at_its_midnight(
    instrument: Instrument, moment: datetime
) -> None:
    calendar = Calendar(lambda: moment, always_open=True)
    hours = calendar.hours(instrument)
    details = ContractDetails(
        timeZoneId=str(hours.zone),
        tradingHours=hours.published(hours.trading, calendar.today(instrument)),
        liquidHours=hours.published(hours.liquid, calendar.today(instrument)),
    )
    for said in (details.tradingSessions(), details.liquidSessions()):
        assert any(one.start <= moment < one.end for one in said)
    closes = calendar.next_close(instrument).astimezone(hours.zone)
    assert closes == calendar.next_open(instrument)
    assert (closes.hour, closes.minute) == (0, 0)
    assert hours.day_of(closes) == calendar.today(instrument)


def test_a_place_that_never_opens_is_an_error_and_no_endless_search() -> None:
    class Never:
        hours = Hours("US/Eastern", (Span("0930", "1600"),), (Span("0930", "1600"),), days=frozenset())

    with pytest.raises(LookupError, match="14 days"):
        at("2026-11-23 12:00").next_open(Never())


def test_the_date_is_that_of_the_place() -> None:
    late = at("2026-11-23 02:00")
    assert (late.today(APPLE), late.today(TENCENT)) == (date(2026, 11, 22), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("instrument", "published"),
    [
        (APPLE, "20261125:0400-20261125:2000;20261126:CLOSED;20261127:0400-20261127:2000;20261128:CLOSED"),
        (EURO, "20261124:1715-20261125:1700;20261125:1715-20261126:1700;20261126:1715-20261127:1700;20261128:CLOSED"),
        (TENCENT, "20261125:0930-20261125:1200;20261125:1300-20261125:1600;20261126:0930-20261126:1200"),
        (HONG_KONG_FUTURE, "20261124:1715-20261125:0300;20261125:0915-20261125:1200;20261125:1300-20261125:1630"),
        (BITCOIN, "20261125:0000-20261126:0000;20261126:0000-20261127:0000"),
    ],
    ids=lambda value: value.local_symbol if isinstance(value, Instrument) else None,
)
def test_hours_are_written_as_ib_writes_them(instrument: Instrument, published: str) -> None:
    hours = instrument.hours
    assert hours.published(hours.trading, date(2026, 11, 25)).startswith(published)


@pytest.mark.parametrize(
    ("closed", "days"),
    [
        (
            holidays.american,
            "2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 "
            "2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-12-25",
        ),
        (
            holidays.american,
            "2027-01-01 2027-01-18 2027-02-15 2027-03-26 2027-05-31 "
            "2027-06-18 2027-07-05 2027-09-06 2027-11-25 2027-12-24",
        ),
        (holidays.british, "2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28"),
        (holidays.british, "2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28"),
        (holidays.european, "2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-12-24 2026-12-25 2026-12-31"),
        (holidays.worldwide, "2026-01-01 2026-12-25"),
        (holidays.none, ""),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_years_holidays_are_the_exchanges_own(closed: holidays.Holidays, days: str) -> None:
    year = int(days[:4] or 2026)
    every = (date(year, 1, 1) + timedelta(days=number) for number in range(365))
    assert [str(day) for day in every if day.weekday() < 5 and closed(day)] == days.split()


def test_a_new_years_day_on_a_saturday_closes_no_friday() -> None:
    assert not holidays.american(date(2027, 12, 31))


def test_places_without_weekends_are_open_on_every_day() -> None:
    assert BITCOIN.hours.days == EVERY_DAY
    assert "CLOSED" not in BITCOIN.hours.published(BITCOIN.hours.trading, date(2026, 12, 24))
