from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.interactive_brokers.budget import CEILING, WINDOW, Lane, Lanes, Slots, Spacing
from brokers.refusals import SubscriptionRefused


class Clock:
    """Time that a test moves; it stands in for the event loop's, and for nothing else."""

    def __init__(self) -> None:
        self.now = 100.0
        self._timers: list[tuple[float, Callable[[], None], list[bool]]] = []

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        cancelled: list[bool] = []
        self._timers.append((when, callback, cancelled))

        class Handle:
            def cancel(self) -> None:
                cancelled.append(True)

        return Handle()  # type: ignore[return-value]

    def next_due(self) -> float | None:
        """When the next timer fires; None without one."""
        return min((when for when, _, cancelled in self._timers if not cancelled), default=None)

    def run_until(self, end: float) -> None:
        while due := [timer for timer in self._timers if timer[0] <= end and not timer[2]]:
            timer = min(due, key=lambda timer: timer[0])
            self._timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1]()
        self.now = end


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


async def test_turns_are_given_in_order_and_apart() -> None:
    spacing, came = Spacing(0.02), list[int]()

    async def caller(number: int) -> None:
        await spacing.turn()
        came.append(number)

    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(caller(number) for number in range(3)))
    assert came == [0, 1, 2]
    assert asyncio.get_running_loop().time() - started >= 0.04


async def test_callers_that_gave_up_keep_nobody_waiting() -> None:
    spacing = Spacing(0.1)
    waiting = [asyncio.ensure_future(spacing.turn()) for _ in range(1000)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for caller in waiting:
        caller.cancel()
    await asyncio.wait_for(spacing.turn(), 10)


def test_one_more_than_there_are_is_refused_with_its_name_and_a_place_given_back_is_free() -> None:
    slots = Slots(2, refusal="All {limit} are taken, so none is left for {name}.")
    slots.take("a", name="AAPL")
    slots.take("a", name="AAPL")
    slots.take("b", name="MSFT")
    with pytest.raises(SubscriptionRefused, match="All 2 are taken, so none is left for IBM"):
        slots.take("c", name="IBM")
    slots.give_back("a")
    slots.give_back("never taken")
    slots.take("c", name="IBM")
    assert slots.is_full


def test_what_ib_refuses_is_learned_as_the_limit() -> None:
    slots = Slots(100, refusal="All {limit} are taken, so none is left for {name}.")
    for number in range(4):
        slots.take(number, name="AAPL")
    slots.learn_that_ib_is_full()
    slots.give_back(3)
    with pytest.raises(SubscriptionRefused, match="All 3"):
        slots.take(4, name="AAPL")


@pytest.mark.parametrize("lane", list(Lane))
def test_one_message_never_waits_on_an_idle_wire(lane: Lane) -> None:
    wire = Wire()
    wire.lanes.send(lane, "hello")
    assert wire.left == [(100.0, "hello")]
