"""IB's pacing of questions about the past, kept before IB has to speak of it.

https://interactivebrokers.github.io/tws-api/historical_limitations.html: 60 in ten minutes, none identical within 15
seconds, fewer than six for one contract and kind within two seconds, at most 50 open. BID_ASK counts twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST = 60
WINDOW = 600.0
IDENTICAL_APART = 15.0
FAMILY_MOST = 5
FAMILY_WINDOW = 2.0
MOST_OPEN = 50

CallAt = Callable[[float, Callable[[], None]], asyncio.TimerHandle]

# Questions that leave apart can arrive closer together.
_MARGIN = 0.05


@dataclass(slots=True, eq=False)
class _Ticket:
    """One who waits. `question` is the whole of what is asked, `family` the contract and kind of it."""

    question: Hashable
    family: Hashable
    weight: int
    turn: asyncio.Future[None]


@dataclass(slots=True)
class _Asked:
    """What was asked lately. Times are the loop's."""

    all: deque[tuple[float, int]] = field(default_factory=deque)
    questions: dict[Hashable, float] = field(default_factory=dict)
    families: dict[Hashable, deque[float]] = field(default_factory=dict)


class HistoryPacing:
    """Lets a question through when IB would take it. First come, first served, except that one which has to wait only
    because its twin was just asked lets the others pass.

    `now` and `call_at` are by default the running loop's (seconds, monotonic), and `identical_apart` is IB's rule. It
    outlives a connection: IB counts by login.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] | None = None,
        call_at: CallAt | None = None,
        identical_apart: float = IDENTICAL_APART,
    ) -> None:
        self._now = now or _now
        self._call_at = call_at or _call_at
        self._identical_apart = identical_apart
        self._asked = _Asked()
        self._open = 0
        self._held_until = 0.0
        self._waiting: list[_Ticket] = []
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(self, *, question: Hashable, family: Hashable, weight: int = 1) -> AsyncIterator[None]:
        """The question counts as open until the block ends. One who gives up waiting leaves no gap behind."""
        ticket = _Ticket(question, family, weight, asyncio.get_running_loop().create_future())
        self._waiting.append(ticket)
        self._let_through()
        try:
            await ticket.turn
            yield
        finally:
            self._withdraw(ticket)

    def hold(self, seconds: float) -> None:
        """IB has found a question too fast: none leaves for so long."""
        self._held_until = max(self._held_until, self._now() + seconds)
        self._let_through()

    def _withdraw(self, ticket: _Ticket) -> None:
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        else:
            self._open -= 1
        self._let_through()

    def _let_through(self) -> None:
        self._forget_the_past()
        for ticket in list(self._waiting):
            if self._room_at(ticket.weight) > self._now():
                break  # nobody behind may take the room that it waits for
            if self._own_time(ticket) <= self._now() and not ticket.turn.done():
                self._grant(ticket)
        self._wake_when_there_is_room()

    def _grant(self, ticket: _Ticket) -> None:
        now = self._now()
        self._waiting.remove(ticket)
        self._open += 1
        self._asked.all.append((now, ticket.weight))
        self._asked.questions[ticket.question] = now
        self._asked.families.setdefault(ticket.family, deque()).append(now)
        ticket.turn.set_result(None)

    def _room_at(self, weight: int) -> float:
        """When the login has room for a question of this weight; infinite while too many are open."""
        if self._open >= MOST_OPEN:
            return float("inf")
        excess = sum(asked for _, asked in self._asked.all) + weight - MOST
        freed = self._held_until
        for at, asked in self._asked.all:
            if excess <= 0:
                break
            freed, excess = max(freed, at + WINDOW + _MARGIN), excess - asked
        return freed

    def _own_time(self, ticket: _Ticket) -> float:
        """When its own twins and kin are long enough ago."""
        twin = self._asked.questions.get(ticket.question)
        kin = self._asked.families.get(ticket.family, ())
        after_twin = twin + self._identical_apart + _MARGIN if twin is not None else 0.0
        after_kin = kin[-FAMILY_MOST] + FAMILY_WINDOW + _MARGIN if len(kin) >= FAMILY_MOST else 0.0
        return max(after_twin, after_kin)

    def _forget_the_past(self) -> None:
        now, asked = self._now(), self._asked
        while asked.all and asked.all[0][0] + WINDOW + _MARGIN <= now:
            asked.all.popleft()
        asked.questions = {one: at for one, at in asked.questions.items() if at + self._identical_apart + _MARGIN > now}
        asked.families = {one: kin for one, kin in asked.families.items() if kin[-1] + FAMILY_WINDOW + _MARGIN > now}

    def _wake_when_there_is_room(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._next_time()
        if at != float("inf"):  # else the end of an open question wakes them
            self._timer = self._call_at(at, self._let_through)

    def _next_time(self) -> float:
        """When the first of those who wait can leave, if nothing else happens."""
        soonest, room = float("inf"), 0.0
        for ticket in self._waiting:
            room = max(room, self._room_at(ticket.weight))
            soonest = min(soonest, max(room, self._own_time(ticket)))
        return soonest


def _now() -> float:
    return asyncio.get_running_loop().time()


def _call_at(when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_at(when, callback)
