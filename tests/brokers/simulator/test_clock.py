from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.clock import ib_clock, ib_time, parse_ib_time

# A zone's clock shows the hour before its winter begins twice; which of the two is meant can't be written.
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)).filter(  # noqa: DTZ001
    lambda moment: moment.month != 11
)


@given(moments)
def test_a_time_that_was_written_is_read_as_it_was_to_the_second(moment: datetime) -> None:
    assert parse_ib_time(ib_time(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    ["20260102-15:00:00", "20260102 15:00:00 UTC", "20260102 10:00:00 US/Eastern", "20260102 10:00:00"],
)
def test_clients_write_times_in_four_ways(text: str) -> None:
    assert parse_ib_time(text) == datetime(2026, 1, 2, 15, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "20260102", "20260102 10:00:00 Nowhere/Zone", "20261302-10:00:00", ""])
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_ib_time(text)


def test_the_clock_shows_the_hour_and_minute_of_new_york() -> None:
    assert ib_clock(datetime(2026, 1, 2, 15, 4, 59, tzinfo=UTC)) == "10:04"
