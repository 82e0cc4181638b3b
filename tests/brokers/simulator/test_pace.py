from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.pace import RATE, Pace


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


def test_a_client_at_the_rate_is_never_refused() -> None:
    pace = Pace()
    assert all(pace.allows(number / RATE) for number in range(1000))
