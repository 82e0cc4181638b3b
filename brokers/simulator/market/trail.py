"""Where one price goes: by the step while the market runs, and by the clock in the time without one.

The first step is at the instrument's own price, wherever its path is then. The path before it is moved so that it ends
where the steps begin, and goes on from where they ended: a chart has no jump where a gateway was started. Up to the
midnight before (in UTC) it is moved by what joins it there, so that gateways that were started on the same day have the
same past; the rest is made up for little by little over the day's quarters of an hour.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

from brokers.simulator.market.path import QUARTERS_A_DAY, QUARTERS_A_SECOND, Path, Stretch, join
from brokers.simulator.market.timeline import Timeline

# The steps of every run follow one stretch of the path, whenever it is started: a year that no history reaches.
_FIRST_QUARTER = -50 * 365 * QUARTERS_A_DAY

_DAY = 86_400
_QUARTER_HOUR = 900


def quarter_of(step: int) -> int:
    """The quarter second of a path that a step is."""
    return _FIRST_QUARTER + step


class Trail(Protocol):
    """In points of the instrument's grid. Steps may be negative, for the time before a run's first one."""

    def at(self, step: int) -> Stretch:
        """One step's trade."""

    def over(self, start: int, end: int) -> Stretch | None:
        """What the steps from `start` up to `end` come to; None when there are none."""

    def past_at(self, quarter: int) -> Stretch:
        """The trade of a quarter second (counted since 1970) in which no market was run."""

    def past_over(self, start: int, end: int) -> Stretch:
        """What such a time comes to, from one second since 1970 up to another."""


class OwnTrail:
    """Of a price that follows no other: `home` is where the steps begin."""

    def __init__(self, path: Path, timeline: Timeline, *, home: int) -> None:
        self._path = path
        self._timeline = timeline
        self._lift = home - path.at(_FIRST_QUARTER).close
        self._joined: dict[tuple[int, int], int] = {}

    def at(self, step: int) -> Stretch:
        return self._path.at(quarter_of(step)).moved(self._lift)

    def over(self, start: int, end: int) -> Stretch | None:
        whole = self._path.over(quarter_of(start), quarter_of(end))
        return None if whole is None else whole.moved(self._lift)

    def past_at(self, quarter: int) -> Stretch:
        return self._path.at(quarter).moved(self._shift(quarter // QUARTERS_A_SECOND))

    def past_over(self, start: int, end: int) -> Stretch:
        began = self._timeline.began
        edges = range(max(_midnight(began), _next_quarter_hour(start)), min(began, end), _QUARTER_HOUR)
        whole = join(self._moved(*piece) for piece in pairwise([start, *edges, end]))
        if whole is None:
            raise ValueError(f"there is no time from {start} up to {end}")
        return whole

    def _moved(self, start: int, end: int) -> Stretch:
        """A time that is not cut by the edge of a quarter of an hour where that matters."""
        whole = self._path.over(start * QUARTERS_A_SECOND, end * QUARTERS_A_SECOND)
        if whole is None:
            raise ValueError(f"there is no time from {start} up to {end}")
        return whole.moved(self._shift(start))

    def _shift(self, second: int) -> int:
        """How much higher than the path prices are in a time without steps."""
        joint = self._timeline.joint(second)
        if joint is not None:
            return self._joins(*joint)
        began = self._timeline.began
        before = self._joins(_midnight(began), 0)
        if second < _midnight(began):
            return before
        count = (began - _midnight(began)) // _QUARTER_HOUR + 1
        place = min((second - _midnight(began)) // _QUARTER_HOUR + 1, count)
        return before + (self._joins(began, 0) - before) * place // count

    def _joins(self, second: int, step: int) -> int:
        """What the path is moved by to be at a second where the steps are at one of theirs."""
        joint = (second, step)
        if joint not in self._joined:
            self._joined[joint] = self.at(step).close - self._path.at(second * QUARTERS_A_SECOND).close
        return self._joined[joint]


def _midnight(second: int) -> int:
    return second - second % _DAY


def _next_quarter_hour(second: int) -> int:
    return (second // _QUARTER_HOUR + 1) * _QUARTER_HOUR
