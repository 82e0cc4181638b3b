"""Where long answers are made: all of them in turn, one slice of one each time that the loop comes round."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session

# However many wait, nobody else waits longer for the loop than this and one step.
SLICE_SECONDS = 0.005

# Called when an answer is complete, or with what it raised.
Done = Callable[[Exception | None], None]


@dataclass(frozen=True, slots=True)
class _Job:
    session: Session
    answer: LongAnswer
    done: Done

    @property
    def is_wanted(self) -> bool:
        """Not when its client has left, or cancelled it."""
        return self.answer in self.session.long_answers and not self.session.is_closing


class Slices:
    """`seconds` is how long a slice lasts; one step at least."""

    def __init__(self, seconds: float = SLICE_SECONDS) -> None:
        self.seconds = seconds
        self._waiting: deque[_Job] = deque()
        self._task: asyncio.Task[None] | None = None

    def begin(self, session: Session, answer: LongAnswer, done: Done) -> None:
        """The first slice is made at once: most answers have no other."""
        session.long_answers.add(answer)
        job = _Job(session, answer, done)
        if self._advance(job):
            self._waiting.append(job)
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._make())

    async def _make(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            job = self._waiting.popleft()
            if job.is_wanted and self._advance(job):
                self._waiting.append(job)

    def _advance(self, job: _Job) -> bool:
        """Makes a slice; says whether there is more to make."""
        until = perf_counter() + self.seconds
        try:
            for _ in job.answer.steps:
                if perf_counter() >= until:
                    return True
        except Exception as error:  # noqa: BLE001 - whoever began it says what became of it
            self._finish(job, error)
        else:
            self._finish(job, None)
        return False

    @staticmethod
    def _finish(job: _Job, error: Exception | None) -> None:
        job.session.long_answers.remove(job.answer)
        job.done(error)

    async def close(self) -> None:
        """Nothing more is made."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
