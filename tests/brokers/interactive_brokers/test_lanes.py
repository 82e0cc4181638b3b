"""Which message leaves when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from brokers.interactive_brokers.link.lanes import CEILING, WINDOW, Lane, Lanes, Waiting
from tests.brokers.interactive_brokers.loop_clock import Clock


class Wire:
    def __init__(self) -> None:
        self.clock = Clock()
        self.left: list[tuple[float, str]] = []
        self.expired: list[str] = []
        self.lanes = Lanes(self.write, now=lambda: self.clock.now, call_at=self.clock.call_at, on_expired=self.expire)

    def expire(self, expired: Sequence[Waiting]) -> None:
        self.expired += words(expired)

    def write(self, message: str) -> None:
        self.left.append((self.clock.now, message))

    @property
    def messages(self) -> list[str]:
        return [message for _, message in self.left]


def words(several: Iterable[Waiting]) -> list[str]:
    return [message for one in several for message in one.messages]


def with_orders(count: int) -> Wire:
    """So many orders were sent in one moment, with the ids 0, 1, 2..., and those beyond the ceiling wait."""
    wire = Wire()
    for number in range(count):
        wire.lanes.send(Lane.ORDER, f"order {number}", order_ids=[number])
    return wire


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


# What is drawn is seldom a burst, so one is always tried.
@example([(lane, 0.0) for _ in range(60) for lane in Lane])
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


def test_what_waits_is_forgotten_with_its_connection_and_said() -> None:
    wire = with_orders(60)
    assert words(wire.lanes.clear()) == [f"order {number}" for number in range(CEILING[Lane.ORDER], 60)]
    wire.clock.run_until(200.0)
    assert len(wire.left) == CEILING[Lane.ORDER]


def test_what_is_withdrawn_never_leaves_and_what_stood_behind_it_keeps_its_place() -> None:
    wire = with_orders(60)
    assert words(wire.lanes.withdraw(Lane.ORDER, {3, 50, 52})) == ["order 50", "order 52"]
    wire.clock.run_until(200.0)
    assert wire.messages == [f"order {number}" for number in range(60) if number not in (50, 52)]


def test_what_belongs_together_leaves_once_there_is_room_for_all_of_it_and_is_withdrawn_as_one() -> None:
    wire = with_orders(CEILING[Lane.ORDER] - 2)
    wire.lanes.send(Lane.ORDER, "entry", "profit", "loss", order_ids=[101, 102, 103])
    wire.lanes.send(Lane.ORDER, "entry 2", "profit 2", "loss 2", order_ids=[201, 202, 203])
    assert len(wire.left) == CEILING[Lane.ORDER] - 2
    assert words(wire.lanes.withdraw(Lane.ORDER, {202})) == ["entry 2", "profit 2", "loss 2"]
    wire.clock.run_until(200.0)
    assert wire.left[-3:] == [(100.0 + WINDOW, name) for name in ("entry", "profit", "loss")]


def test_an_order_that_is_too_old_is_told_of_instead_of_sent() -> None:
    wire = Wire()
    wire.lanes.time_to_live = WINDOW / 2
    for number in range(CEILING[Lane.ORDER] + 1):
        wire.lanes.send(Lane.ORDER, str(number))
    wire.lanes.send(Lane.DATA, "data")
    wire.clock.run_until(100.0 + WINDOW / 2)
    assert wire.expired == [str(CEILING[Lane.ORDER])]
    wire.clock.run_until(200.0)
    assert wire.messages[CEILING[Lane.ORDER] :] == ["data"]


def test_an_order_that_waited_elsewhere_before_has_less_time_than_those_before_it() -> None:
    wire = with_orders(0)
    wire.lanes.time_to_live = 3.0
    wire.lanes.hold()
    for name, time_left in (("first", None), ("older", 0.5), ("last", 600.0)):
        wire.lanes.send(Lane.ORDER, name, time_left=time_left)
    wire.clock.run_until(100.5)
    assert wire.expired == ["older"]
    wire.clock.run_until(103.0)
    assert wire.expired == ["older", "first", "last"]


def test_a_wakening_that_comes_too_late_sends_nothing_that_is_too_old() -> None:
    wire = with_orders(0)
    wire.lanes.time_to_live = 3.0
    for number in range(60):
        wire.lanes.send(Lane.ORDER, str(number))
    wire.clock.now += 10  # as of a loop that was kept from running
    wire.lanes.send(Lane.DATA, "data")
    assert wire.expired == [str(number) for number in range(CEILING[Lane.ORDER], 60)]
    assert wire.messages[CEILING[Lane.ORDER] :] == ["data"]


def test_what_depends_on_an_expired_order_can_be_withdrawn_before_anything_leaves() -> None:
    wire = Wire()
    withdrawn: list[Waiting] = []
    lanes = Lanes(
        wire.write,
        now=lambda: wire.clock.now,
        call_at=wire.clock.call_at,
        on_expired=lambda _: withdrawn.extend(lanes.withdraw(Lane.ORDER, {2})),
    )
    lanes.time_to_live = WINDOW
    for _ in range(CEILING[Lane.ORDER]):
        lanes.send(Lane.ORDER, "before")
    lanes.send(Lane.ORDER, "parent", order_ids=[1])
    wire.clock.run_until(100.0 + WINDOW / 2)
    lanes.send(Lane.ORDER, "child", order_ids=[2])
    wire.clock.run_until(200.0)
    assert (words(withdrawn), set(wire.messages)) == (["child"], {"before"})


def test_orders_changes_and_cancels_stand_still_in_a_hold_and_cancels_leave_first_after_it() -> None:
    wire = Wire()
    wire.lanes.hold()
    for lane in reversed(Lane):
        wire.lanes.send(lane, lane.name)
    assert wire.messages == ["DATA", "ACCOUNT"]
    wire.clock.run_until(200.0)
    wire.lanes.release()
    assert wire.messages == ["DATA", "ACCOUNT", "CANCEL", "MODIFY", "ORDER"]


def test_an_order_ages_in_a_hold() -> None:
    wire = Wire()
    wire.lanes.time_to_live = 3.0
    wire.lanes.hold()
    for lane in Lane:
        wire.lanes.send(lane, lane.name)
    wire.clock.run_until(103.0)
    assert wire.expired == ["MODIFY", "ORDER"]
    wire.lanes.release()
    assert wire.messages == ["ACCOUNT", "DATA", "CANCEL"]


async def test_a_lane_is_empty_once_the_last_of_it_has_left_or_was_withdrawn() -> None:
    wire = with_orders(60)
    empty = asyncio.ensure_future(wire.lanes.until_empty(Lane.ORDER))
    await asyncio.sleep(0)
    wire.lanes.withdraw(Lane.ORDER, {59})
    await asyncio.sleep(0)
    assert not empty.done()
    wire.clock.run_until(200.0)
    await asyncio.wait_for(empty, 10)


@pytest.mark.parametrize("lane", list(Lane))
def test_one_message_never_waits_on_an_idle_wire(lane: Lane) -> None:
    wire = Wire()
    wire.lanes.send(lane, "hello")
    assert wire.left == [(100.0, "hello")]
