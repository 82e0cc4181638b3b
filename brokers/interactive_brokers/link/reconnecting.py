"""When to call a gateway again that was lost.

IB's 502, 504 and 507, a closed socket, a gateway that restarts: each asks for another try, further apart each time. The
pauses are jittered, so that the many sessions of one host don't come back in one moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST = 1.0
LONGEST = 60.0


class Backoff:
    """Pauses in seconds: up to twice as long each time, never under half of what it could be.

    `random_share` gives a number from 0 up to 1, and may be a test's.
    """

    def __init__(
        self,
        *,
        first: float = FIRST,
        longest: float = LONGEST,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self._first = first
        self._longest = longest
        self._random_share = random_share
        self._tries = 0

    def next_pause(self) -> float:
        most = min(self._longest, self._first * 2.0 ** min(self._tries, 64))
        self._tries += 1
        return most * (0.5 + 0.5 * self._random_share())

    def reset(self) -> None:
        """The link stands."""
        self._tries = 0
