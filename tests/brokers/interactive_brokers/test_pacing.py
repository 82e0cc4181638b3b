"""IB's pacing of history, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.interactive_brokers.pacing import (
    FAMILY_MOST,
    FAMILY_WINDOW,
    IDENTICAL_APART,
    MOST,
    MOST_OPEN,
    WINDOW,
    HistoryPacing,
)
from tests.brokers.interactive_brokers.loop_clock import Clock


class Desk:
    """Who asked what, when their turn came, and when their question ends."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pacing = HistoryPacing(now=lambda: self.clock.now, call_at=self.clock.call_at)
        self.asked: list[tuple[float, Hashable, Hashable, int]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.open = 0
        self.most_open = 0

    def ask(
        self, question: Hashable, *, family: Hashable = None, weight: int = 1, ends: asyncio.Event | None = None
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(self._ask(question, question if family is None else family, weight, ends))
        self.tasks.append(task)
        return task

    async def _ask(self, question: Hashable, family: Hashable, weight: int, ends: asyncio.Event | None) -> None:
        async with self.pacing.turn(question=question, family=family, weight=weight):
            self.asked.append((self.clock.now, question, family, weight))
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            if ends is not None:
                await ends.wait()
            self.open -= 1

    async def run_until(self, end: float) -> None:
        """The clock moves, and whoever was let through goes on."""
        await settled()
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.run_until(due)
            await settled()
        self.clock.run_until(end)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def questions(self) -> list[Hashable]:
        return [question for _, question, _, _ in self.asked]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_numbers_are_ib_s() -> None:
    """https://interactivebrokers.github.io/tws-api/historical_limitations.html"""
    assert (MOST, WINDOW, IDENTICAL_APART, MOST_OPEN) == (60, 600, 15, 50)
    assert (FAMILY_MOST, FAMILY_WINDOW) == (5, 2)


async def test_sixty_questions_leave_at_once_and_the_next_ten_minutes_later() -> None:
    desk = Desk()
    for number in range(MOST + 1):
        desk.ask(number)
    await desk.run_until(100 + WINDOW - 1)
    assert desk.questions == list(range(MOST))
    await desk.run_until(100 + WINDOW + 1)
    assert desk.questions == list(range(MOST + 1))


async def test_bid_ask_counts_twice() -> None:
    desk = Desk()
    for number in range(MOST):
        desk.ask(number, weight=2)
    await settled()
    assert len(desk.asked) == MOST // 2
    await desk.close()


async def test_nobody_takes_the_room_that_an_earlier_one_waits_for() -> None:
    desk = Desk()
    for number in range(MOST - 1):
        desk.ask(number)
    desk.ask("heavy", weight=2)
    desk.ask("light")
    await desk.run_until(100 + WINDOW - 1)
    assert len(desk.asked) == MOST - 1
    await desk.run_until(100 + WINDOW + 1)
    assert desk.questions[MOST - 1 :] == ["heavy", "light"]


async def test_the_same_question_waits_fifteen_seconds_and_lets_others_pass() -> None:
    desk = Desk()
    desk.ask("a", family=1)
    desk.ask("a", family=2)
    desk.ask("b", family=3)
    await settled()
    assert desk.questions == ["a", "b"]
    await desk.run_until(100 + IDENTICAL_APART - 0.1)
    assert desk.questions == ["a", "b"]
    await desk.run_until(100 + IDENTICAL_APART + 0.1)
    assert desk.questions == ["a", "b", "a"]


async def test_no_more_than_fifty_are_open() -> None:
    desk, ends = Desk(), asyncio.Event()
    for number in range(MOST_OPEN + 5):
        desk.ask(number, ends=ends)
    await settled()
    assert desk.open == MOST_OPEN
    ends.set()
    await settled()
    assert len(desk.asked) == MOST_OPEN + 5
    assert desk.most_open == MOST_OPEN


async def test_who_gives_up_waiting_keeps_nobody_waiting() -> None:
    desk, ends = Desk(), asyncio.Event()
    for number in range(MOST_OPEN):
        desk.ask(number, ends=ends)
    await settled()
    patient = [desk.ask(f"late {number}") for number in range(3)]
    await settled()
    patient[0].cancel()
    desk.tasks[0].cancel()  # whose question was open
    await settled()
    assert desk.questions[MOST_OPEN:] == ["late 1", "late 2"]
    await desk.close()


async def test_after_ib_found_a_question_too_fast_none_leaves_for_a_while() -> None:
    desk = Desk()
    desk.pacing.hold(10.0)
    desk.ask("a")
    await desk.run_until(109.9)
    assert desk.asked == []
    await desk.run_until(110.1)
    assert desk.questions == ["a"]


QUESTIONS = st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(1, 2), st.floats(0, 3))


@settings(deadline=None, max_examples=30)
@given(plan=st.lists(QUESTIONS, max_size=150))
def test_no_window_of_time_sees_more_than_ib_allows_and_nobody_is_forgotten(
    plan: list[tuple[int, int, int, float]],
) -> None:
    asyncio.run(_follow(plan))


async def _follow(plan: list[tuple[int, int, int, float]]) -> None:
    desk = Desk()
    for question, family, weight, pause in plan:
        desk.ask((question, family), family=family, weight=weight)
        await desk.run_until(desk.clock.now + pause)
    await desk.run_until(desk.clock.now + 10 * WINDOW)
    assert len(desk.asked) == len(plan)
    assert _heaviest(desk, WINDOW) <= MOST
    assert _most_of_kind(desk, IDENTICAL_APART, lambda row: row[1]) <= 1
    assert _most_of_kind(desk, FAMILY_WINDOW, lambda row: row[2]) <= FAMILY_MOST


Row = tuple[float, Hashable, Hashable, int]


def _heaviest(desk: Desk, window: float) -> int:
    """The greatest weight within one window."""
    return max(
        (sum(row[3] for row in desk.asked if start[0] <= row[0] < start[0] + window) for start in desk.asked),
        default=0,
    )


def _most_of_kind(desk: Desk, window: float, kind: Callable[[Row], Hashable]) -> int:
    return max(
        (
            sum(1 for row in desk.asked if kind(row) == kind(start) and start[0] <= row[0] < start[0] + window)
            for start in desk.asked
        ),
        default=0,
    )


async def test_a_reader_of_the_past_by_default_goes_by_the_loop_s_clock() -> None:
    pacing = HistoryPacing(identical_apart=0.01)
    async with asyncio.timeout(10):
        for _ in range(3):
            async with pacing.turn(question="a", family="a"):
                pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), HistoryPacing().turn(question="a", family="a"):
            await asyncio.Event().wait()
