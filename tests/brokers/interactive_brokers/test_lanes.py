"""Which message leaves when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.link.lanes import CEILING, WINDOW, Lane, Lanes
from tests.brokers.interactive_brokers.loop_clock import Clock


class Wire:
    def __init__(self) -> None:
        self.clock = Clock()
        self.left: list[tuple[float, str]] = []
        self.lanes = Lanes(self.write, now=lambda: self.clock.now, call_at=self.clock.call_at)

    def write(self, message: str) -> None:
        self.left.append((self.clock.now, message))

    @property
    def messages(self) -> list[str]:
        return [message for _, message in self.left]


def test_a_cancel_leaves_at_once_behind_a_thousand_data_requests() -> None:
    wire = Wire()
    for number in range(1000):
        wire.lanes.send(Lane.DATA, f"data {number}")
    wire.lanes.send(Lane.CANCEL, "cancel")
    assert wire.left[-1] == (100.0, "cancel")


def test_an_order_leaves_at_once_behind_subscriptions() -> None:
    wire = Wire()
    for number in range(200):
        wire.lanes.send(Lane.DATA, f"data {number}")
    wire.lanes.send(Lane.ORDER, "order")
    assert wire.left[-1] == (100.0, "order")


def test_a_lane_is_first_in_first_out() -> None:
    wire = Wire()
    for number in range(100):
        wire.lanes.send(Lane.DATA, str(number))
    wire.clock.run_until(110.0)
    assert wire.messages == [str(number) for number in range(100)]


@given(st.lists(st.tuples(st.sampled_from(Lane), st.floats(0, 0.2)), max_size=300))
def test_no_second_sees_more_than_fifty_messages_and_none_is_lost(plan: list[tuple[Lane, float]]) -> None:
    wire = Wire()
    for number, (lane, pause) in enumerate(plan):
        wire.lanes.send(lane, str(number))
        wire.clock.run_until(wire.clock.now + pause)
    wire.clock.run_until(wire.clock.now + 60)
    times = [moment for moment, _ in wire.left]
    assert sorted(map(int, wire.messages)) == list(range(len(plan)))
    assert all(len([t for t in times if start <= t < start + 1]) <= 50 for start in times)


def test_every_lane_leaves_room_for_the_ones_above_it() -> None:
    ceilings = [CEILING[lane] for lane in Lane]
    assert ceilings == sorted(set(ceilings), reverse=True)
    assert ceilings[0] == 50
    assert WINDOW > 1


def test_what_waits_is_forgotten_with_its_connection() -> None:
    wire = Wire()
    for number in range(60):
        wire.lanes.send(Lane.DATA, str(number))
    wire.lanes.clear()
    wire.clock.run_until(200.0)
    assert len(wire.left) == CEILING[Lane.DATA]


@pytest.mark.parametrize("lane", list(Lane))
def test_one_message_never_waits_on_an_idle_wire(lane: Lane) -> None:
    wire = Wire()
    wire.lanes.send(lane, "hello")
    assert wire.left == [(100.0, "hello")]
