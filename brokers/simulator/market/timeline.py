"""Which steps of the market were made when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

# After a longer pause the gateway was asleep, while the market went on without it.
_PAUSE = 60


@dataclass(slots=True)
class _Run:
    """Steps without a long pause: the seconds in which there were any, and the step after the last of each."""

    first_step: int
    seconds: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The first second that is not the run's any more, if nothing comes after."""
        return self.seconds[-1] + _PAUSE

    def until(self, second: int) -> int:
        """The first step that was not made before this second."""
        place = bisect_left(self.seconds, second)
        return self.ends[place - 1] if place else self.first_step


@dataclass(frozen=True, slots=True)
class Span:
    """Time up to `end`, in whole seconds since 1970. `steps` are those made in it; None where no market was run."""

    start: int
    end: int
    steps: range | None


class Timeline:
    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def mark(self, moment: datetime, step: int) -> None:
        """Takes down that a step was made. A moment before the last one's counts as that."""
        second = int(moment.timestamp())
        run = self._runs[-1] if self._runs else None
        if run is None or second >= run.end:
            run = _Run(first_step=step)
            self._runs.append(run)
        if not run.seconds or second > run.seconds[-1]:
            run.seconds.append(second)
            run.ends.append(step + 1)
        else:
            run.ends[-1] = step + 1

    def spans(self, start: int, end: int) -> Iterator[Span]:
        """The seconds from `start` up to `end`, cut where a run of the market begins or ends."""
        for run in self._runs:
            first, last = max(run.seconds[0], start), min(run.end, end)
            if first >= last:
                continue
            if start < first:
                yield Span(start, first, None)
            yield Span(first, last, range(run.until(first), run.until(last)))
            start = last
        if start < end:
            yield Span(start, end, None)
