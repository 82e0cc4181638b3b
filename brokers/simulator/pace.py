"""The rate at which one client may send: IB allows fifty messages a second."""

from __future__ import annotations

RATE = 50


class Pace:
    """A bucket that holds a second's worth of messages and fills again at the rate."""

    def __init__(self) -> None:
        self._left = float(RATE)
        self._at: float | None = None

    def allows(self, now: float) -> bool:
        """Whether one more message may come now; `now` is in seconds of any clock that only goes forward."""
        elapsed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(self._left + elapsed * RATE, float(RATE))
        if self._left < 1:
            return False
        self._left -= 1
        return True
