"""The trail of a price that is made of another's: an option's, a future's, a fund's.

It is the other's trail read through their relation, moment by moment, so that both have one past and one future: what
holds between the two prices (a call, its put and their share) holds at every moment of a chart. Time itself changes an
option's price, in steps of an hour, and of a minute on its last day: within one the price depends on the other alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from brokers.simulator.catalogue.listings.pricing import DAYS_A_YEAR, Relation
from brokers.simulator.market.grid import Grid
from brokers.simulator.market.path import QUARTERS_A_SECOND, Stretch, join
from brokers.simulator.market.timeline import Timeline
from brokers.simulator.market.trail import Trail

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


class Reading:
    """How a point of the one grid reads as a point of the other. Moments are seconds since 1970; `ends` is the last."""

    def __init__(self, relation: Relation, *, of: Grid, on: Grid, ends: int | None) -> None:
        self._relation = relation
        self._of_unit, self._on_unit = float(of.unit), float(on.unit)
        self._ends = ends

    def point(self, point: int, second: int) -> int:
        return round(self._relation.value(point * self._of_unit, self.years(second)) / self._on_unit)

    def stretch(self, whole: Stretch, second: int) -> Stretch:
        """One that lies within an hour, or a minute, of which `second` is one."""
        read = {point: self.point(point, second) for point in set(whole[:4])}
        opens, high, low, closes = (read[point] for point in whole[:4])
        if self._relation.falls:
            high, low = low, high
        return whole._replace(open=opens, high=high, low=low, close=closes)

    def years(self, second: int) -> float:
        """How many are left until it ends; 0 for what never does."""
        if self._ends is None:
            return 0.0
        width = self._width(second)
        return max(self._ends - second // width * width, 0) / (DAYS_A_YEAR * _DAY)

    def holds_until(self, second: int) -> float:
        """When the same price of the other first reads as another one of its own."""
        if not self._relation.ages or self._ends is None or second >= self._ends:
            return inf
        width = self._width(second)
        return (second // width + 1) * width

    def _width(self, second: int) -> int:
        """On a last day, hours are cut into minutes."""
        return _HOUR if self._ends is None or self._ends - second // _HOUR * _HOUR > _DAY else _MINUTE


class FollowingTrail:
    def __init__(self, under: Trail, reading: Reading, timeline: Timeline) -> None:
        self._under = under
        self._reading = reading
        self._timeline = timeline
        # The step that was asked for last, and when it was made: many may follow this price, and ask for the same.
        self._last: tuple[int, int, Stretch] | None = None

    def at(self, step: int) -> Stretch:
        second = self._timeline.time_of(step)
        if self._last is None or self._last[:2] != (step, second):
            self._last = step, second, self._reading.stretch(self._under.at(step), second)
        return self._last[2]

    def over(self, start: int, end: int) -> Stretch | None:
        if end == start + 1:
            return self.at(start)
        parts = ((self._under.over(first, last), second) for first, last, second in self._steps(start, end))
        return join(self._reading.stretch(part, second) for part, second in parts if part is not None)

    def _steps(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Steps that are read alike, with a moment of theirs."""
        while start < end:
            second = self._timeline.time_of(start)
            until = self._reading.holds_until(second)
            following = end if until == inf else self._timeline.first_step_from(int(until))
            stop = end if following is None or following <= start else min(following, end)
            yield start, stop, second
            start = stop

    def past_at(self, quarter: int) -> Stretch:
        return self._reading.stretch(self._under.past_at(quarter), quarter // QUARTERS_A_SECOND)

    def past_over(self, start: int, end: int) -> Stretch:
        pieces = (self._reading.stretch(self._under.past_over(*piece), piece[0]) for piece in self._seconds(start, end))
        whole = join(pieces)
        if whole is None:
            raise ValueError(f"there is no time from {start} up to {end}")
        return whole

    def _seconds(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            stop = int(min(self._reading.holds_until(start), end))
            yield start, stop
            start = stop
