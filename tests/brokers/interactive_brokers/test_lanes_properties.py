"""Whatever is asked of the lanes, in whatever order: nothing leaves twice, late, too fast or after it was taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from brokers.interactive_brokers.link.lanes import WINDOW, Lane, Lanes, Waiting
from tests.brokers.interactive_brokers.loop_clock import Clock

TIME_TO_LIVE = 3.0
OF_ORDERS = (Lane.CANCEL, Lane.MODIFY, Lane.ORDER)
LANES = st.sampled_from(Lane)


class AnyUse(RuleBasedStateMachine):
    """Messages are numbers, counted up as they are sent; each is about the order of its own number."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.lane_of: list[Lane] = []
        self.together: list[range] = []
        self.sent_at: list[float] = []
        self.left: list[int] = []
        self.left_at: list[float] = []
        self.taken_out: list[int] = []
        self.is_held = False
        self.lanes = Lanes(self.write, now=lambda: self.clock.now, call_at=self.clock.call_at, on_expired=self.expire)
        self.lanes.time_to_live = TIME_TO_LIVE

    def write(self, message: str) -> None:
        number = int(message)
        assert not (self.is_held and self.lane_of[number] in OF_ORDERS)
        self.left.append(number)
        self.left_at.append(self.clock.now)

    def expire(self, expired: Sequence[Waiting]) -> None:
        assert all(one.lane in (Lane.MODIFY, Lane.ORDER) for one in expired)
        assert all(self.clock.now - self.sent_at[number] >= TIME_TO_LIVE for number in numbers(expired))
        self.taken_out += numbers(expired)

    @rule(lane=LANES, sizes=st.lists(st.integers(1, 3), max_size=30))
    def send(self, lane: Lane, sizes: list[int]) -> None:
        for size in sizes:
            unit = range(len(self.lane_of), len(self.lane_of) + size)
            self.together.append(unit)
            self.lane_of += [lane] * size
            self.sent_at += [self.clock.now] * size
            self.lanes.send(lane, *map(str, unit), order_ids=unit)

    @rule(seconds=st.floats(0, 4))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.run_until(self.clock.now + seconds)

    @rule(lane=LANES, every=st.integers(1, 5))
    def withdraw_some(self, lane: Lane, every: int) -> None:
        self.taken_out += numbers(self.lanes.withdraw(lane, set(range(0, len(self.lane_of), every))))

    @rule(lane=LANES)
    def withdraw_all(self, lane: Lane) -> None:
        self.taken_out += numbers(self.lanes.withdraw(lane))
        assert not self.lanes.order_ids(lane)

    @rule()
    def hold(self) -> None:
        self.is_held = True
        self.lanes.hold()

    @rule()
    def release(self) -> None:
        self.is_held = False
        self.lanes.release()

    @rule()
    def clear(self) -> None:
        self.is_held = False
        self.taken_out += numbers(self.lanes.clear())

    @invariant()
    def nothing_leaves_twice_or_after_it_was_taken_out(self) -> None:
        gone = self.left + self.taken_out
        assert len(gone) == len(set(gone))

    @invariant()
    def what_waits_has_neither_left_nor_been_taken_out(self) -> None:
        waiting = frozenset().union(*map(self.lanes.order_ids, Lane))
        assert waiting == set(range(len(self.lane_of))) - set(self.left) - set(self.taken_out)

    @invariant()
    def a_lane_keeps_its_order(self) -> None:
        for lane in Lane:
            left = [number for number in self.left if self.lane_of[number] is lane]
            assert left == sorted(left)

    @invariant()
    def no_order_and_no_change_leaves_late(self) -> None:
        for number, at in zip(self.left, self.left_at, strict=True):
            if self.lane_of[number] in (Lane.MODIFY, Lane.ORDER):
                assert at - self.sent_at[number] < TIME_TO_LIVE

    @invariant()
    def no_second_sees_more_than_fifty(self) -> None:
        assert all(later - first >= 1 for first, later in zip(self.left_at, self.left_at[50:], strict=False))

    @invariant()
    def what_belongs_together_leaves_together(self) -> None:
        followed_by = dict(pairwise(self.left))
        for unit in self.together:
            for number, following in pairwise(unit):
                assert (number in self.left) == (following in self.left)
                assert number not in self.left or followed_by[number] == following

    def teardown(self) -> None:
        """Nothing is forgotten in the lanes: in time, all has left or was taken out."""
        self.release()
        self.clock.run_until(self.clock.now + WINDOW * (len(self.lane_of) / 30 + 1))
        assert not any(self.lanes.order_ids(lane) for lane in Lane)


def numbers(several: Iterable[Waiting]) -> list[int]:
    return [int(message) for one in several for message in one.messages]


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
