from __future__ import annotations

import pytest

from brokers.simulator.market.pacing import Pacing, PacingViolation


def test_an_identical_request_within_fifteen_seconds_is_one_too_many() -> None:
    pacing = Pacing()
    pacing.admit("bars", 0)
    with pytest.raises(PacingViolation):
        pacing.admit("bars", 14.9)
    pacing.admit("other bars", 14.9)
    pacing.admit("bars", 15)


def test_sixty_requests_in_ten_minutes_are_enough() -> None:
    pacing = Pacing()
    for number in range(60):
        pacing.admit(number, number)
    with pytest.raises(PacingViolation):
        pacing.admit("one more", 599)
    pacing.admit("one more", 600)
    with pytest.raises(PacingViolation):
        pacing.admit("and another", 600.5)


def test_bids_and_asks_together_weigh_two() -> None:
    pacing = Pacing()
    for number in range(29):
        pacing.admit(number, 0, weight=2)
    pacing.admit("the 59th", 0)
    with pytest.raises(PacingViolation):
        pacing.admit("both", 0, weight=2)
    pacing.admit("the 60th", 0)


def test_a_request_that_was_refused_does_not_count() -> None:
    pacing = Pacing()
    pacing.admit("bars", 0)
    for at in (1, 5, 14):
        with pytest.raises(PacingViolation):
            pacing.admit("bars", at)
    pacing.admit("bars", 15)
