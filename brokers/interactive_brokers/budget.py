"""What IB lets one session do besides its messages: so many streams of a kind, one symbol search a second.

IB's limits: https://interactivebrokers.github.io/tws-api/ (market data lines, reqMatchingSymbols).
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from brokers.refusals import SubscriptionRefused


class Spacing:
    """Lets one caller through every `seconds`, in the order in which they came."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free_at = 0.0
        self._first = asyncio.Lock()

    async def turn(self) -> None:
        """A caller that is cancelled while it waits leaves no gap behind."""
        now = asyncio.get_running_loop().time
        async with self._first:
            await asyncio.sleep(max(0.0, self._free_at - now()))
            self._free_at = now() + self._seconds


class Slots:
    """So many of a kind at one time. `refusal` is the sentence for one more, with `{limit}` and `{name}` to fill in."""

    def __init__(self, limit: int, *, refusal: str) -> None:
        self._limit = limit
        self._refusal = refusal
        self._taken: set[Hashable] = set()

    @property
    def is_full(self) -> bool:
        return len(self._taken) >= self._limit

    def take(self, holder: Hashable, *, name: str) -> None:
        """Raises SubscriptionRefused when all are taken. Nothing changes for one that holds a slot already."""
        if holder in self._taken:
            return
        if self.is_full:
            raise SubscriptionRefused(self._refusal.format(limit=self._limit, name=name))
        self._taken.add(holder)

    def give_back(self, holder: Hashable) -> None:
        self._taken.discard(holder)

    def learn_that_ib_is_full(self) -> None:
        """IB has refused one that is still counted here, so the login has fewer than was said."""
        self._limit = max(1, min(self._limit, len(self._taken) - 1))
