"""An instrument's past: the steps that this gateway made while it ran, and its trail by the clock before that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brokers.simulator.market.path import QUARTERS_A_SECOND, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.timeline import Span, Timeline
from brokers.simulator.market.trail import Trail, quarter_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One trade and one quote: where the price was, and which of a path's quarter seconds decides their sizes."""

    second: int
    point: int
    quarter: int
    lots: int


class Tape:
    """Times are whole seconds since 1970; stretches of them go from `start` up to `end`."""

    def __init__(self, prices: Prices, trail: Trail, timeline: Timeline) -> None:
        self.prices = prices
        self._trail = trail
        self._timeline = timeline

    def over(self, start: int, end: int) -> Stretch | None:
        """What a time comes to; None when nothing happened in it."""
        parts = (self._part(span) for span in self._timeline.spans(start, end))
        return join(part for part in parts if part is not None)

    def _part(self, span: Span) -> Stretch | None:
        if span.steps is None:
            return self._trail.past_over(span.start, span.end)
        return self._trail.over(span.steps.start, span.steps.stop) or self._still(span.steps.start - 1)

    def _still(self, step: int) -> Stretch:
        """A time in which no step was made of a market that is run: the last one stands, and nothing is traded."""
        point = self._trail.at(step).close
        return Stretch(point, point, point, point, 0, 0)

    def moments(self, second: int) -> list[Moment]:
        """One second's, in order."""
        return [moment for span in self._timeline.spans(second, second + 1) for moment in self._moments(span)]

    def _moments(self, span: Span) -> Iterator[Moment]:
        if span.steps is not None:
            for step in span.steps:
                yield _moment(span.start, self._trail.at(step), quarter_of(step))
            return
        for quarter in range(span.start * QUARTERS_A_SECOND, span.end * QUARTERS_A_SECOND):
            yield _moment(span.start, self._trail.past_at(quarter), quarter)


def _moment(second: int, at: Stretch, quarter: int) -> Moment:
    return Moment(second, at.close, quarter, at.volume)
