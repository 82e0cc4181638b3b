"""An instrument's past: the steps that this gateway made while it ran, and the path by the clock before that.

The path is moved so that it ends where the steps begin, and goes on from where they ended: a chart has no jump where a
gateway was started. Up to the midnight before (in UTC) it is moved by what joins it there, so that gateways that were
started on the same day have the same past; the rest is made up for little by little over the day's quarters of an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from brokers.simulator.market.path import QUARTERS_A_SECOND, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.timeline import Span, Timeline
from brokers.simulator.market.walk import Walk

_DAY = 86_400
_QUARTER_HOUR = 900


@dataclass(frozen=True, slots=True)
class Moment:
    """One trade and one quote: where the path was, and which of its quarter seconds decides their sizes."""

    second: int
    point: int
    quarter: int
    lots: int


class Tape:
    """Times are whole seconds since 1970; stretches of them go from `start` up to `end`. `began` is when the market
    stood at step 0."""

    def __init__(self, walk: Walk, timeline: Timeline, *, began: int) -> None:
        self.prices: Prices = walk.prices
        self._walk = walk
        self._timeline = timeline
        self._began = began
        self._midnight = began - began % _DAY
        self._joined: dict[tuple[int, int], int] = {}

    def over(self, start: int, end: int) -> Stretch | None:
        """What a time comes to; None when nothing happened in it."""
        parts = (self._part(span) for span in self._timeline.spans(start, end))
        return join(part for part in parts if part is not None)

    def _part(self, span: Span) -> Stretch | None:
        if span.steps is not None:
            return self._walk.over(span.steps.start, span.steps.stop) or self._still(span.steps.start - 1)
        edges = range(max(self._midnight, _next_quarter_hour(span.start)), min(self._began, span.end), _QUARTER_HOUR)
        return join(self._moved(*piece) for piece in pairwise([span.start, *edges, span.end]))

    def _moved(self, start: int, end: int) -> Stretch:
        """The path in a time without steps that is not cut by the edge of a quarter of an hour where that matters."""
        whole = self.prices.path.over(start * QUARTERS_A_SECOND, end * QUARTERS_A_SECOND)
        if whole is None:
            raise ValueError(f"there is no time from {start} up to {end}")
        return whole.moved(self._shift(start))

    def _still(self, step: int) -> Stretch:
        """A time in which no step was made of a market that is run: the last one stands, and nothing is traded."""
        point = self._walk.at(step).close
        return Stretch(point, point, point, point, 0, 0)

    def _shift(self, second: int) -> int:
        """How much higher than the path prices are in a time without steps."""
        joint = self._timeline.joint(second)
        if joint is not None:
            return self._joins(*joint)
        before = self._joins(self._midnight, 0)
        if second < self._midnight:
            return before
        count = (self._began - self._midnight) // _QUARTER_HOUR + 1
        place = min((second - self._midnight) // _QUARTER_HOUR + 1, count)
        return before + (self._joins(self._began, 0) - before) * place // count

    def _joins(self, second: int, step: int) -> int:
        """What the path is moved by to be at a second where the steps are at one of theirs."""
        joint = (second, step)
        if joint not in self._joined:
            path = self.prices.path.at(second * QUARTERS_A_SECOND)
            self._joined[joint] = self._walk.at(step).close - path.close
        return self._joined[joint]

    def moments(self, second: int) -> list[Moment]:
        """One second's, in order."""
        return [moment for span in self._timeline.spans(second, second + 1) for moment in self._moments(span)]

    def _moments(self, span: Span) -> Iterator[Moment]:
        if span.steps is not None:
            yield from (self._stepped(span.start, step) for step in span.steps)
            return
        for quarter in range(span.start * QUARTERS_A_SECOND, span.end * QUARTERS_A_SECOND):
            at = self.prices.path.at(quarter).moved(self._shift(span.start))
            yield Moment(span.start, at.close, quarter, at.volume)

    def _stepped(self, second: int, step: int) -> Moment:
        at = self._walk.at(step)
        return Moment(second, at.close, self._walk.quarter(step), at.volume)


def _next_quarter_hour(second: int) -> int:
    return (second // _QUARTER_HOUR + 1) * _QUARTER_HOUR
