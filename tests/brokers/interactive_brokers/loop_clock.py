"""An event loop's clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Clock:
    """Time that a test moves; it stands in for the event loop's, and for nothing else."""

    def __init__(self) -> None:
        self.now = 100.0
        self._timers: list[tuple[float, Callable[[], None], list[bool]]] = []

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        cancelled: list[bool] = []
        self._timers.append((when, callback, cancelled))

        class Handle:
            def cancel(self) -> None:
                cancelled.append(True)

        return Handle()  # type: ignore[return-value]

    def next_due(self) -> float | None:
        """When the next timer fires; None without one."""
        return min((when for when, _, cancelled in self._timers if not cancelled), default=None)

    def run_until(self, end: float) -> None:
        while due := [timer for timer in self._timers if timer[0] <= end and not timer[2]]:
            timer = min(due, key=lambda timer: timer[0])
            self._timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1]()
        self.now = end
