from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.waiting import Backoff, ended, first_of, rung


@given(st.integers(1, 40))
def test_a_backoff_grows_to_its_longest_and_never_beyond(tries: int) -> None:
    backoff = Backoff(first=0.5, longest=30.0)
    waits = [backoff.next() for _ in range(tries)]
    for number, seconds in enumerate(waits):
        whole = min(30.0, 0.5 * 2**number)
        assert whole / 2 <= seconds <= whole


def test_sessions_that_were_lost_together_do_not_come_back_in_step() -> None:
    """However many tries it takes: no tenth of the time in which they come holds more than a third of them."""
    lost = [Backoff(first=0.5, longest=30.0) for _ in range(300)]
    moments = [0.0] * len(lost)
    for number in range(8):
        moments = [at + backoff.next() for at, backoff in zip(moments, lost, strict=True)]
        tenth = (max(moments) - min(moments)) / 10
        assert tenth > 0.02 * 2 ** min(number, 6), "the longer they are away, the wider they spread"
        assert max(sum(at <= other < at + tenth for other in moments) for at in moments) < len(lost) / 3


def test_a_backoff_begins_anew_after_a_success() -> None:
    backoff = Backoff(first=1.0, longest=60.0)
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1.0


async def test_the_first_to_raise_is_raised_and_the_others_have_ended() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await first_of(waits(), fails())
    assert ended == ["waits"]


async def test_cancelling_a_wait_for_the_first_cancels_them_all() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def waits() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(first_of(waits()))
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_a_ring_from_before_is_not_missed_and_counts_once() -> None:
    bell = asyncio.Event()
    bell.set()
    await asyncio.wait_for(rung(bell, at_latest=60), 5)
    assert not bell.is_set()


async def test_without_a_ring_the_wait_ends_by_itself() -> None:
    await asyncio.wait_for(rung(asyncio.Event(), at_latest=0.01), 5)


async def test_what_goes_wrong_while_a_task_ends_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    began = asyncio.Event()

    async def ends_badly() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            raise LookupError("the outcome")

    task = asyncio.create_task(ends_badly(), name="a session's part")
    await began.wait()
    await ended(task)
    assert "a session's part did not end well: LookupError('the outcome')" in caplog.text
