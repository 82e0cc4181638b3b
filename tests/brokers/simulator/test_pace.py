from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.connections.pace import RATE, VIOLATIONS, Limits, Pace


def test_a_seconds_worth_may_come_at_once_and_no_more() -> None:
    pace = Pace()
    assert [pace.allows(5.0) for _ in range(RATE + 1)] == [True] * RATE + [False]


def test_after_a_second_of_silence_a_seconds_worth_may_come_again() -> None:
    pace = Pace()
    for _ in range(RATE):
        pace.allows(5.0)
    assert [pace.allows(6.0) for _ in range(RATE + 1)] == [True] * RATE + [False]


@given(st.lists(st.floats(0, 0.1), max_size=300))
def test_no_more_than_the_burst_and_the_rate_ever_pass(gaps: list[float]) -> None:
    pace, now, passed = Pace(), 0.0, 0
    for gap in gaps:
        now += gap
        passed += pace.allows(now)
    assert passed <= RATE + RATE * now + 1


def test_a_burst_counts_once_however_long_it_is_and_the_third_second_with_one_exhausts() -> None:
    pace = Pace()
    for second in range(VIOLATIONS):
        assert not pace.is_exhausted
        for _ in range(3 * RATE):
            pace.allows(float(second))
        assert pace.violations == second + 1
    assert pace.is_exhausted


def test_limits_hold_for_whoever_is_connected_already() -> None:
    limits = Limits()
    pace = Pace(limits)
    pace.allows(0.0)
    limits.rate, limits.violations = 1, None
    assert [pace.allows(0.0) for _ in range(3)] == [True, False, False]
    assert not pace.is_exhausted


def test_a_client_at_the_rate_is_never_refused() -> None:
    pace = Pace()
    assert all(pace.allows(number / RATE) for number in range(1000))
