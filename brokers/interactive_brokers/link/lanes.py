"""Messages on their way to the socket, in lanes: 50 a second is what IB takes from one session.

IB's limit: https://interactivebrokers.github.io/tws-api/ (order limitations).
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
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

# What stands still in a hold, and what of it is worth nothing when it comes late.
_HELD = frozenset({Lane.CANCEL, Lane.MODIFY, Lane.ORDER})
_PERISHABLE = (Lane.MODIFY, Lane.ORDER)


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One message, or several that leave together or not at all, and the ids of the orders that they are about."""

    lane: Lane
    messages: tuple[str, ...]
    order_ids: frozenset[int]
    expires_at: float


class Lanes:
    """Messages wait here until the budget lets them leave through `write`. Each leaves once, unless it is taken out.

    `now` and `call_at` are the event loop's (seconds, monotonic), and may be a test's. Orders and changes that have
    waited for `time_to_live` seconds, or for what was left of that, never leave: `on_expired` gets them, before
    anything else leaves.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        now: Callable[[], float],
        call_at: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
        on_expired: Callable[[Sequence[Waiting]], None],
    ) -> None:
        self.time_to_live = math.inf
        self._write = write
        self._now = now
        self._call_at = call_at
        self._on_expired = on_expired
        self._waiting: dict[Lane, deque[Waiting]] = {lane: deque() for lane in Lane}
        self._left_at: deque[float] = deque()
        self._is_held = False
        self._timer: asyncio.TimerHandle | None = None
        self._moved = asyncio.Event()  # something left, or was taken out

    def send(self, lane: Lane, *messages: str, order_ids: Iterable[int] = (), time_left: float | None = None) -> None:
        """Several messages leave together, so there can't be more of them than the lane's ceiling."""
        lives = self._lives(time_left) if lane in _PERISHABLE else math.inf
        self._waiting[lane].append(Waiting(lane, messages, frozenset(order_ids), self._now() + lives))
        self._drain()

    def _lives(self, time_left: float | None) -> float:
        return self.time_to_live if time_left is None else min(time_left, self.time_to_live)

    def order_ids(self, lane: Lane) -> frozenset[int]:
        """Of all that waits in `lane`."""
        return frozenset().union(*(one.order_ids for one in self._waiting[lane]))

    def withdraw(self, lane: Lane, order_ids: Collection[int] | None = None) -> list[Waiting]:
        """Takes out what waits in `lane` about one of `order_ids`, or about anything, in its order. Sends nothing."""
        kept: deque[Waiting] = deque()
        withdrawn: list[Waiting] = []
        for one in self._waiting[lane]:
            is_meant = order_ids is None or not one.order_ids.isdisjoint(order_ids)
            (withdrawn if is_meant else kept).append(one)
        self._waiting[lane] = kept
        self._wait_on()
        return withdrawn

    def hold(self) -> None:
        """Orders, changes and cancels stand still, and grow older, until `release`."""
        self._is_held = True
        self._wait_on()

    def release(self) -> None:
        self._is_held = False
        self._drain()

    def clear(self) -> list[Waiting]:
        """All that waited, by lane: its connection is gone."""
        waited = [one for lane in Lane for one in self._waiting[lane]]
        self._waiting = {lane: deque() for lane in Lane}
        self._is_held = False
        self._wait_on()
        return waited

    async def until_empty(self, lane: Lane) -> None:
        while self._waiting[lane]:
            self._moved.clear()
            await self._moved.wait()

    def _drain(self) -> None:
        """What has expired is told first: what depends on it may wait behind it, and must not leave."""
        if expired := self._take_expired():
            self._on_expired(expired)
        while (lane := self._next_lane()) is not None:
            self._leave(self._waiting[lane].popleft())
        self._wait_on()

    def _take_expired(self) -> list[Waiting]:
        """Not always the first in: what waited elsewhere before has less time left."""
        now, expired = self._now(), []
        for lane in _PERISHABLE:
            if late := [one for one in self._waiting[lane] if one.expires_at <= now]:
                expired += late
                self._waiting[lane] = deque(one for one in self._waiting[lane] if one.expires_at > now)
        return expired

    def _next_lane(self) -> Lane | None:
        self._forget_the_past()
        for lane in self._moving():
            if len(self._left_at) + len(self._waiting[lane][0].messages) <= CEILING[lane]:
                return lane
        return None

    def _forget_the_past(self) -> None:
        while self._left_at and self._left_at[0] + WINDOW <= self._now():
            self._left_at.popleft()

    def _moving(self) -> list[Lane]:
        """Lanes in which something waits for nothing but room."""
        return [lane for lane, waiting in self._waiting.items() if waiting and not (self._is_held and lane in _HELD)]

    def _leave(self, one: Waiting) -> None:
        for message in one.messages:
            self._left_at.append(self._now())
            self._write(message)

    def _wait_on(self) -> None:
        """Until there is room, or until something is too old."""
        self._moved.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        next_due = min([self._room_at(lane) for lane in self._moving()] + self._expiries(), default=math.inf)
        if next_due < math.inf:
            self._timer = self._call_at(next_due, self._drain)

    def _room_at(self, lane: Lane) -> float:
        """When enough messages are older than the window for the next of this lane."""
        too_many = len(self._left_at) + len(self._waiting[lane][0].messages) - CEILING[lane]
        return self._left_at[too_many - 1] + WINDOW if too_many > 0 else self._now()

    def _expiries(self) -> list[float]:
        return [one.expires_at for lane in _PERISHABLE for one in self._waiting[lane]]
