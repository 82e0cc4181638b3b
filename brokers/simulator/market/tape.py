"""An instrument's past: the steps that this gateway made while it ran, and the path by the clock before that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brokers.simulator.market.path import QUARTERS_A_SECOND, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.timeline import Span, Timeline
from brokers.simulator.market.walk import Walk


@dataclass(frozen=True, slots=True)
class Moment:
    """One trade and one quote: where the path was, and which of its quarter seconds decides their sizes."""

    second: int
    point: int
    quarter: int
    lots: int


class Tape:
    """Times are whole seconds since 1970; stretches of them go from `start` up to `end`."""

    def __init__(self, walk: Walk, timeline: Timeline) -> None:
        self.prices: Prices = walk.prices
        self._walk = walk
        self._timeline = timeline

    def over(self, start: int, end: int) -> Stretch | None:
        """What a time comes to; None when nothing happened in it."""
        parts = (self._part(span) for span in self._timeline.spans(start, end))
        return join(part for part in parts if part is not None)

    def _part(self, span: Span) -> Stretch | None:
        if span.steps is not None:
            return self._walk.over(span.steps.start, span.steps.stop)
        return self.prices.path.over(span.start * QUARTERS_A_SECOND, span.end * QUARTERS_A_SECOND)

    def moments(self, second: int) -> list[Moment]:
        """One second's, in order."""
        return [moment for span in self._timeline.spans(second, second + 1) for moment in self._moments(span)]

    def _moments(self, span: Span) -> Iterator[Moment]:
        if span.steps is not None:
            yield from (self._stepped(span.start, step) for step in span.steps)
            return
        for quarter in range(span.start * QUARTERS_A_SECOND, span.end * QUARTERS_A_SECOND):
            at = self.prices.path.at(quarter)
            yield Moment(span.start, at.close, quarter, at.volume)

    def _stepped(self, second: int, step: int) -> Moment:
        at = self._walk.at(step)
        return Moment(second, at.close, self._walk.quarter(step), at.volume)
