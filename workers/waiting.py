"""Waiting, the few ways that sessions wait."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Backoff:
    """Seconds to wait before the next try: doubling from `first` to `longest`, with jitter.

    Half to all of it, so that sessions which a gateway host lost together don't come back together.
    """

    def __init__(self, *, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        seconds = min(self._longest, self._first * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret hangs on it

    def reset(self) -> None:
        self._failures = 0


async def rung(event: asyncio.Event, *, at_latest: float) -> None:
    """Return at the ring, or after `at_latest` seconds without one; the event is clear then."""
    try:
        async with asyncio.timeout(at_latest):
            await event.wait()
    except TimeoutError:
        pass  # the slow poll behind the doorbell
    event.clear()


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel them, and return once they are over. What ended one that was cancelled by this is logged, not raised."""
    running = [task for task in tasks if task.cancel()]
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in running:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("%s did not end well: %r", task.get_name(), error)


async def first_of(*coroutines: Coroutine[Any, Any, object]) -> None:
    """Run all until one returns or raises; raise what it raised. The others are cancelled and have ended by then."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await ended(*tasks)
    for task in done:
        task.result()
