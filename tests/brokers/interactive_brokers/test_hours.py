"""IB's trading hours, in its own clock and words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.domain import TradingInterval
from brokers.interactive_brokers.convert import listed_until, time_zone, trading_intervals


def spans(text: str, zone: str | None = "America/New_York") -> list[str]:
    return [f"{one.start:%m-%d %H:%M} {one.end:%m-%d %H:%M}" for one in trading_intervals(text, time_zone=zone)]


def reach(text: str, zone: str = "America/New_York") -> str:
    until = listed_until(text, time_zone=zone)
    return f"{until:%m-%d %H:%M}" if until is not None else "nowhere"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("US/Eastern", "US/Eastern"),
        ("MET", "MET"),
        ("GB-Eire", "GB-Eire"),
        ("Hongkong", "Hongkong"),
        ("EST5EDT", "EST5EDT"),
        ("EST (Eastern Standard Time)", "America/New_York"),
        ("EST", "America/New_York"),
        ("CST (Central Standard Time)", "America/Chicago"),
        ("CST (China Standard Time)", "Asia/Shanghai"),
        ("JST (Japan Standard Time)", "Asia/Tokyo"),
        ("JST", "Asia/Tokyo"),
        ("MET (Middle Europe Time)", "MET"),
        ("Nowhere/Land", None),
        ("US", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_a_zone_of_ib_s_is_an_iana_name_or_none(name: str, known: str | None) -> None:
    assert time_zone(name) == known


@given(st.text())
def test_no_text_breaks_the_reading_of_a_zone(name: str) -> None:
    found = time_zone(name)
    assert found is None or ZoneInfo(found)


def test_eastern_time_keeps_its_summer_time_however_ib_writes_it() -> None:
    summer = "20180720:0930-20180720:1600"
    assert (
        spans(summer, time_zone("EST (Eastern Standard Time)"))
        == spans(summer, "US/Eastern")
        == ["07-20 13:30 07-20 20:00"]
    )


def test_a_day_is_open_or_closed() -> None:
    text = "20180323:0400-20180323:2000;20180324:CLOSED;20180326:0930-20180326:1600"
    assert spans(text) == ["03-23 08:00 03-24 00:00", "03-26 13:30 03-26 20:00"]


def test_the_older_form_names_its_day_once() -> None:
    assert spans("20180323:0930-1600;20180324:CLOSED") == ["03-23 13:30 03-23 20:00"]


def test_a_day_can_have_several_sessions() -> None:
    assert spans("20180323:0930-1200,1300-1600") == ["03-23 13:30 03-23 16:00", "03-23 17:00 03-23 20:00"]
    newer = "20180323:0930-20180323:1200,20180323:1300-20180323:1600"
    assert spans(newer) == spans("20180323:0930-1200,1300-1600")


def test_an_overnight_session_begins_the_evening_before() -> None:
    assert spans("20180322:1715-20180323:1700") == ["03-22 21:15 03-23 21:00"]
    assert spans("20180323:1715-1700") == ["03-22 21:15 03-23 21:00"]


def test_midnight_can_be_written_as_twenty_four_hundred() -> None:
    assert spans("20180323:0000-20180323:2400", "UTC") == ["03-23 00:00 03-24 00:00"]


def test_sessions_come_in_order() -> None:
    assert spans("20180326:0930-1600;20180323:0930-1600") == ["03-23 13:30 03-23 20:00", "03-26 13:30 03-26 20:00"]


@pytest.mark.parametrize("day", ["20180311", "20181104"])
def test_a_day_on_which_the_clocks_change_has_its_own_length(day: str) -> None:
    (whole,) = trading_intervals(f"{day}:0000-2400", time_zone="America/New_York")
    assert whole.end - whole.start == timedelta(hours=23 if day == "20180311" else 25)


def test_an_end_that_the_clocks_show_twice_is_the_later_one() -> None:
    (session,) = trading_intervals("20181104:0000-20181104:0130", time_zone="America/New_York")
    assert session.end == datetime(2018, 11, 4, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "20180323:0930",
        "20180323:0930-2561",
        "20180399:0930-1600",
        "2018032:0930-1600",
        "20180323:0930-1600;what",
        "20180323:closed",
        "20180323:0930-1600-1700",
        "٢٠١٨٠٣٢٣:0930-1600x",
    ],
)
def test_what_can_t_be_read_is_no_hours_rather_than_some(text: str) -> None:
    assert trading_intervals(text, time_zone="UTC") == ()


@pytest.mark.parametrize("text", ["", ";", "20180324:CLOSED"])
def test_nothing_is_no_hours(text: str) -> None:
    assert trading_intervals(text, time_zone="UTC") == ()


def test_a_list_reaches_to_the_end_of_its_last_session() -> None:
    assert reach("20180324:CLOSED;20180323:0930-20180323:1600") == "03-24 04:00"
    assert reach("20180323:0930-20180323:1600;20180324:CLOSED;20180325:1715-20180326:1700") == "03-26 21:00"
    assert reach("20180323:0930-1600") == "03-23 20:00"


def test_a_list_reaches_to_the_beginning_of_its_last_closed_day() -> None:
    """Sunday's evening is Monday's session at a futures exchange, and Monday isn't listed any more."""
    assert reach("20180323:0930-20180323:1600;20180324:CLOSED;20180325:CLOSED") == "03-25 04:00"


def test_a_list_of_closed_days_alone_is_known_to_be_closed() -> None:
    assert trading_intervals("20241001:CLOSED;20241002:CLOSED", time_zone="Asia/Shanghai") == ()
    assert reach("20241001:CLOSED;20241002:CLOSED", "Asia/Shanghai") == "10-01 16:00"


@pytest.mark.parametrize("text", ["", ";", "20180323:0930", "2018032:CLOSED", "20180323:0930-1600;what"])
def test_a_list_that_is_empty_or_can_t_be_read_reaches_nowhere(text: str) -> None:
    assert listed_until(text, time_zone="UTC") is None
    assert listed_until("20180323:0930-1600", time_zone=None) is None


@given(st.text(alphabet="0123456789:;-,CLOSED ", max_size=40))
def test_no_text_of_ib_s_letters_breaks_the_reading(text: str) -> None:
    until = listed_until(text, time_zone="America/New_York")
    for session in trading_intervals(text, time_zone="America/New_York"):
        assert session.start < session.end
        assert until is None or session.end <= until


@given(
    st.lists(st.tuples(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 1438), st.integers(1, 1439))),
    st.sampled_from(["UTC", "America/New_York", "MET", "Asia/Tokyo", "Australia/Lord_Howe"]),
)
def test_hours_that_are_written_as_ib_writes_them_are_read_back(days: list[tuple[date, int, int]], zone: str) -> None:
    written, meant = [], []
    for day, begins, lasts in days:
        start = datetime.combine(day, datetime.min.time()) + timedelta(minutes=begins)
        end = start + timedelta(minutes=lasts)
        written.append(f"{start:%Y%m%d:%H%M}-{end:%Y%m%d:%H%M}")
        interval = TradingInterval(
            start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC),
            end.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC),
        )
        if interval.start < interval.end:
            meant.append(interval)
    read = trading_intervals(";".join(written), time_zone=zone)
    assert list(read) == sorted(meant, key=lambda one: one.start)
