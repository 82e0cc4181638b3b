"""Messages on their way to the socket, in lanes: 50 a second is what IB takes from one session.

IB's limit: https://interactivebrokers.github.io/tws-api/ (order limitations).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import IntEnum


class Lane(IntEnum):
    """Which message leaves first. Within a lane the first in is the first out."""

    CANCEL = 0
    MODIFY = 1
    ORDER = 2
    ACCOUNT = 3
    DATA = 4


# How many messages may have left within the window before a lane has to wait. The lower a lane, the more room it
# leaves above it, so that a burst of subscriptions can't use up the second in which a cancel comes.
CEILING = {Lane.CANCEL: 50, Lane.MODIFY: 47, Lane.ORDER: 45, Lane.ACCOUNT: 38, Lane.DATA: 34}

# A little over IB's second, since messages that leave spread out can arrive closer together.
WINDOW = 1.05


class Lanes:
    """Messages wait here until the budget lets them leave through `write`.

    `now` and `call_at` are the event loop's (seconds, monotonic), and may be a test's.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        now: Callable[[], float],
        call_at: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
    ) -> None:
        self._write = write
        self._now = now
        self._call_at = call_at
        self._waiting: dict[Lane, deque[str]] = {lane: deque() for lane in Lane}
        self._left_at: deque[float] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, lane: Lane, message: str) -> None:
        self._waiting[lane].append(message)
        self._drain()

    def waits(self, lane: Lane, prefix: str) -> bool:
        """Whether a message that begins with `prefix` still waits in `lane`."""
        return any(message.startswith(prefix) for message in self._waiting[lane])

    def clear(self) -> None:
        """Forget what waits: its connection is gone."""
        for waiting in self._waiting.values():
            waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drain(self) -> None:
        while (lane := self._next_lane()) is not None:
            self._left_at.append(self._now())
            self._write(self._waiting[lane].popleft())
        self._wake_when_there_is_room()

    def _next_lane(self) -> Lane | None:
        self._forget_the_past()
        for lane, waiting in self._waiting.items():
            if waiting and len(self._left_at) < CEILING[lane]:
                return lane
        return None

    def _forget_the_past(self) -> None:
        while self._left_at and self._left_at[0] + WINDOW <= self._now():
            self._left_at.popleft()

    def _wake_when_there_is_room(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        blocked = [lane for lane, waiting in self._waiting.items() if waiting]
        if blocked:
            self._timer = self._call_at(min(self._room_at(lane) for lane in blocked), self._drain)

    def _room_at(self, lane: Lane) -> float:
        """When enough messages are older than the window for this lane to send one more."""
        return self._left_at[len(self._left_at) - CEILING[lane]] + WINDOW
