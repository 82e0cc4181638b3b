"""When to ask again for what didn't come."""

from __future__ import annotations

# By default the pause doubles up to so many times the first.
LONGEST = 10


class Retry:
    """`first` is the pause in seconds before the first further try, and `longest` how many times that it becomes.

    Moments are the loop's.
    """

    def __init__(self, first: float, *, longest: int = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._pause = first
        self._at: float | None = None

    def plan(self, now: float) -> None:
        """Nothing changes when a try is planned already."""
        if self._at is None:
            self._at = now + self._pause
            self._pause = min(2 * self._pause, self._longest * self._first)

    def take(self, now: float) -> bool:
        """Whether the try is due; then it counts as made."""
        if self._at is None or now < self._at:
            return False
        self._at = None
        return True

    def withdraw(self) -> None:
        """The next try isn't needed. The pause before another one stays as long as it has become."""
        self._at = None

    def reset(self) -> None:
        self._at, self._pause = None, self._first
