"""Which steps of the market were made when."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

# After a longer pause the gateway was asleep, while the market went on without it.
_PAUSE = 60
# A market that is run so slowly that its steps are this much apart is not asleep between them: so many may be late.
_LATE_STEPS = 4


@dataclass(slots=True)
class _Mark:
    """A second in which steps were made, and the step after its last one.

    It stands for all those since the mark before it: they are `apart` seconds from each other, with `each` steps each.
    """

    second: int
    end: int
    apart: int
    each: int


@dataclass(slots=True)
class _Run:
    """Steps without a long pause. Marks are kept where the pace changes: a day's few, not one for each second."""

    first_step: int
    marks: list[_Mark] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.marks[0].second

    @property
    def last(self) -> int:
        return self.marks[-1].second

    @property
    def end_step(self) -> int:
        return self.marks[-1].end

    def mark(self, second: int, end: int) -> None:
        if not self.marks:
            self.marks.append(_Mark(second, end, 0, 0))
        elif second > self.last:
            apart, each = second - self.last, end - self.end_step
            self._thin()
            self.marks.append(_Mark(second, end, apart, each))
        else:
            self.marks[-1].each += end - self.end_step
            self.marks[-1].end = end

    def _thin(self) -> None:
        """The last mark is complete: where it repeats the pace of the one before, it alone says all of it."""
        if len(self.marks) > 2:
            before, last = self.marks[-2:]
            if (before.apart, before.each) == (last.apart, last.each):
                del self.marks[-2]

    def until(self, second: int) -> int:
        """The first step that was not made before this second."""
        place = bisect_left(self.marks, second, key=lambda mark: mark.second)
        if place == 0:
            return self.first_step
        before = self.marks[place - 1]
        if place == len(self.marks):
            return before.end
        after = self.marks[place]
        return before.end + (second - 1 - before.second) // after.apart * after.each

    def second_of(self, step: int) -> int:
        """When one of its own steps was made."""
        place = bisect_right(self.marks, step, key=lambda mark: mark.end)
        mark = self.marks[place]
        if place == 0:
            return mark.second
        before = self.marks[place - 1]
        return before.second + ((step - before.end) // mark.each + 1) * mark.apart


@dataclass(frozen=True, slots=True)
class Span:
    """Time up to `end`, in whole seconds since 1970. `steps` are those made in it; None where no market was run."""

    start: int
    end: int
    steps: range | None


class Timeline:
    """`began` is where the past ends and the steps begin, in seconds since 1970."""

    def __init__(self, *, began: int) -> None:
        self.began = began
        self._runs: list[_Run] = []
        self._pause = _PAUSE

    def expect(self, seconds: float) -> None:
        """Steps come so far apart, in seconds."""
        self._pause = max(_PAUSE, math.ceil(_LATE_STEPS * seconds))

    def mark(self, moment: datetime, step: int) -> None:
        """Takes down that a step was made, or that the last one still stands. A moment before the last one's counts as
        that."""
        second = int(moment.timestamp())
        run = self._runs[-1] if self._runs else None
        if run is None or second >= self._end(run):
            run = _Run(first_step=run.end_step if run else step)
            self._runs.append(run)
        run.mark(second, step + 1)

    def _end(self, run: _Run) -> int:
        """The first second that is not the run's any more, if nothing comes after."""
        return run.last + self._pause

    def spans(self, start: int, end: int) -> Iterator[Span]:
        """The seconds from `start` up to `end`, cut where a run of the market begins or ends."""
        for run in self._runs:
            first, last = max(run.first, start), min(self._end(run), end)
            if first >= last:
                continue
            if start < first:
                yield Span(start, first, None)
            yield Span(first, last, range(run.until(first), run.until(last)))
            start = last
        if start < end:
            yield Span(start, end, None)

    def joint(self, second: int) -> tuple[int, int] | None:
        """Where the time without a run that this second lies in began, and the last step before it; None when no step
        was made before."""
        ended = [run for run in self._runs if self._end(run) <= second]
        return (self._end(ended[-1]), ended[-1].end_step - 1) if ended else None

    def second_of(self, step: int) -> int | None:
        """When a step was made; None for one that was not."""
        for run in reversed(self._runs):
            if run.first_step <= step < run.end_step:
                return run.second_of(step)
        return None

    def time_of(self, step: int) -> int:
        """The second in which a step was made; for one before the first or after the newest, that one's."""
        if not self._runs:
            return self.began
        made = min(max(step, self._runs[0].first_step), self._runs[-1].end_step - 1)
        return self.second_of(made) or self.began

    def first_step_from(self, second: int) -> int | None:
        """The first step that was made in this second or later; None when all of them were, or there are none yet."""
        if not self._runs or second <= self._runs[0].first:
            return None
        later = (run for run in self._runs if second <= run.last)
        run = next(later, None)
        return self._runs[-1].end_step if run is None else run.until(second)
