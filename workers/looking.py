"""Looking for sessions that nobody holds, while this worker has room."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from uuid import UUID

from workers import supervision
from workers.database import Database
from workers.waiting import rung

log = logging.getLogger(__name__)

# Seconds between two looks, and after one that found some: there may be more.
LOOK_EVERY, LOOK_AGAIN = 1.0, 0.2
# What part of the room that is left one look may fill, and how many sessions it may take at least.
SHARE, AT_LEAST = 4, 4


class FreeSessions:
    """The slow poll behind the task that opens a session: that may be lost, or reach a worker that is full.

    With jitter and a share at a time, so that the sessions of a lost worker spread over the others. `room` is how many
    more may be taken; `take` says whether a session was. Lives on the loop that made it.
    """

    def __init__(self, *, room: Callable[[], int], take: Callable[[UUID], Awaitable[bool]], leases: Database) -> None:
        self._room = room
        self._take = take
        self._leases = leases
        self._called = asyncio.Event()

    def call(self) -> None:
        """Look now."""
        self._called.set()

    async def run(self) -> None:
        pause = LOOK_EVERY
        while True:
            await rung(self._called, at_latest=_jittered(pause))
            try:
                pause = LOOK_AGAIN if await self._take_some() else LOOK_EVERY
            except Exception:
                # Failover rests on this look when Redis is away: it must not end.
                log.exception("free sessions could not be looked for")

    async def _take_some(self) -> bool:
        """Whether it took any."""
        room = self._room()
        if room <= 0:
            return False
        free = await self._leases.call(supervision.wanted_without_owner)
        random.shuffle(free)
        bite = free[: min(room, max(AT_LEAST, math.ceil(room / SHARE)))]
        return any([await self._take(account_id) for account_id in bite])


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret hangs on it
