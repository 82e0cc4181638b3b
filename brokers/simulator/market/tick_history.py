"""Single ticks of the past: whole seconds of them, so that pages that follow each other neither repeat nor miss one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.history import History
from brokers.simulator.market.tape import Moment, Tape

# Prices of a quiet instrument may stand still for hours; no request is searched longer for its next change.
_MOST_SECONDS = 20_000

# How far sessions are looked for, over a weekend with holidays on both sides of it.
_HORIZON = 14 * 86_400


@dataclass(frozen=True, slots=True)
class TickQuery:
    """`what` is one of TRADES, BID_ASK and MIDPOINT. Ticks from `start`, or up to `end` without it, in seconds since
    1970. `count` is how many are wanted; the last second's are told to their end, as IB does."""

    instrument: Instrument
    what: str
    start: int | None
    end: int
    count: int
    regular_hours: bool
    ignores_sizes: bool


class TickHistory:
    def __init__(self, history: History) -> None:
        self._history = history

    def ticks(self, query: TickQuery) -> list[Moment]:
        """Oldest first. Of midpoints only changes are ticks, and of bids and asks when sizes are ignored."""
        return in_order(query, list(self.one_by_one(query)))

    def one_by_one(self, query: TickQuery) -> Iterator[list[Moment]]:
        """The ticks of one second after the other (of many there are none), in the order in which they are looked for.

        `in_order` puts them together.
        """
        tape = self._history.tape(query.instrument.con_id)
        wanted = query.count
        for second in _first(_MOST_SECONDS, self._seconds(query)):
            moments = _of_second(tape, query, second)
            yield moments
            wanted -= len(moments)
            if wanted <= 0:
                break

    def _seconds(self, query: TickQuery) -> Iterator[int]:
        """Forwards from the start, or backwards from the end."""
        schedule = self._history.schedule(query.instrument, regular_hours=query.regular_hours)
        end = min(query.end, self._history.now())
        if query.start is None:
            for session in reversed(schedule.between(end - _HORIZON, end)):
                yield from reversed(range(session.opens, min(session.closes, end)))
            return
        for session in schedule.between(query.start, min(end, query.start + _HORIZON)):
            yield from range(max(session.opens, query.start), min(session.closes, end))


def in_order(query: TickQuery, found: Sequence[list[Moment]]) -> list[Moment]:
    """Oldest first, however they were looked for."""
    return [moment for moments in (found if query.start is not None else reversed(found)) for moment in moments]


def _of_second(tape: Tape, query: TickQuery, second: int) -> list[Moment]:
    moments = tape.moments(second)
    if query.what != "MIDPOINT" and not (query.what == "BID_ASK" and query.ignores_sizes):
        return moments
    before = tape.moments(second - 1)[-1:]
    return [
        now for last, now in pairwise([*before, *moments]) if tape.prices.bid(last.point) != tape.prices.bid(now.point)
    ]


def _first(count: int, seconds: Iterable[int]) -> Iterator[int]:
    for number, second in enumerate(seconds):
        if number >= count:
            return
        yield second
