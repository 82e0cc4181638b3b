"""How often historical data may be asked for (https://interactivebrokers.github.io/tws-api/historical_limitations.html).

The rules are the login's, over all its clients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

# Requests that are answered later, or again and again, and not cancelled yet.
MOST_OPEN = 50

_PERIOD = 600.0
_MOST_IN_PERIOD = 60
_BETWEEN_IDENTICAL = 15.0


class PacingViolation(Exception):
    """One historical request too many."""


class Pacing:
    """Times are seconds of one clock that goes forward."""

    def __init__(self) -> None:
        self._asked: deque[float] = deque()
        self._last: dict[Hashable, float] = {}

    def admit(self, request: Hashable, now: float, *, weight: int = 1) -> None:
        """Counts a request, which is equal to what it would repeat; bids and asks together weigh two.

        Raises PacingViolation, and then it doesn't count.
        """
        while self._asked and self._asked[0] <= now - _PERIOD:
            self._asked.popleft()
        self._last = {one: at for one, at in self._last.items() if at > now - _BETWEEN_IDENTICAL}
        if request in self._last or len(self._asked) + weight > _MOST_IN_PERIOD:
            raise PacingViolation
        self._asked.extend([now] * weight)
        self._last[request] = now
