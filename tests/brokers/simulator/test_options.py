"""The command line: what is out of its range is said, with status 2, before anything is tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brokers.simulator import options
from brokers.simulator.catalogue.hours import Calendar, clock_from


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--port", "70000"], "a port is a whole number from 0 to 65535, not 70000"),
        (["--port", "-1"], "a port is a whole number from 0 to 65535, not -1"),
        (["--port", "9" * 5000], "a port is a whole number"),
        (["--control-port", "99999"], "a port is a whole number from 0 to 65535, not 99999"),
        (["--speed", "nan"], "--speed must be above 0, not nan"),
        (["--speed", "inf"], "--speed must be above 0, not inf"),
        (["--speed", "0"], "--speed must be above 0, not 0"),
        (["--login-seconds", "nan"], "--login-seconds is from 0 to 86400, not nan"),
        (["--login-seconds", "-1"], "--login-seconds is from 0 to 86400, not -1"),
        (["--now", "noon"], "a time is like 2026-11-18T15:00:00Z, not noon"),
        (["--now", "2026-11-18T15:00:00"], "a time has its offset from UTC"),
        (["--now", "9999-12-31T00:00:00Z"], "a time is from 2020 to 2035, not in 9999"),
    ],
)
def test_what_can_not_be_is_refused_with_status_2(
    capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        options.parse(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_both_ends_of_the_ports_can_be_had() -> None:
    chosen = options.parse(["--port", "0", "--control-port", "65535"])
    assert (chosen.port, chosen.control_port) == (0, 65535)


@pytest.mark.parametrize("written", ["2026-11-18T15:00:00Z", "2026-11-18T16:00:00+01:00"])
def test_a_time_to_begin_at_is_read_in_any_zone(written: str) -> None:
    assert options.parse(["--now", written]).now == datetime(2026, 11, 18, 15, tzinfo=UTC)


def test_a_clock_begins_where_it_is_told_and_runs_on() -> None:
    elapsed = [100.0]
    moment = datetime(2026, 11, 18, 15, tzinfo=UTC)
    calendar = Calendar(clock_from(moment, lambda: elapsed[0]))
    assert calendar.now() == moment
    elapsed[0] += 90.5
    assert calendar.now() == moment + timedelta(seconds=90.5)
