"""The rate at which one client may send: IB allows fifty messages a second, and hangs up on who won't learn it."""

from __future__ import annotations

from dataclasses import dataclass

RATE = 50

# So many seconds with a message too many in them, and the connection ends.
VIOLATIONS = 3


@dataclass(slots=True)
class Limits:
    """What every client of one gateway is held to. `violations` is None on a gateway that never hangs up."""

    rate: int = RATE
    violations: int | None = VIOLATIONS


class Pace:
    """A bucket that holds a second's worth of messages and fills again at the rate."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._left = float(self._limits.rate)
        self._at: float | None = None
        self._violated_at: float | None = None
        self.violations = 0

    @property
    def rate(self) -> int:
        return self._limits.rate

    @property
    def is_exhausted(self) -> bool:
        """Whether the client was told often enough."""
        return self._limits.violations is not None and self.violations >= self._limits.violations

    def allows(self, now: float) -> bool:
        """Whether one more message may come now; `now` is in seconds of any clock that only goes forward."""
        rate = self._limits.rate
        elapsed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(self._left + elapsed * rate, float(rate))
        if self._left < 1:
            self._violate(now)
            return False
        self._left -= 1
        return True

    def _violate(self, now: float) -> None:
        """However many messages one burst was too long by, it counts once."""
        if self._violated_at is None or now - self._violated_at >= 1:
            self._violated_at = now
            self.violations += 1
