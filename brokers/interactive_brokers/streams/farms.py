"""Which streams a data farm serves, and what becomes of them when it falls and comes back.

IB names a farm when it falls (2103, and 2105 for one of the past) and when it's back (2104, 2106), and never says what
it serves. So that is learned: what ticks while a farm of quotes is down is served elsewhere, and isn't doubted when it
falls again. All else that doesn't tick within the grace is stale. When the farm is back, all that has not ticked while
it was down is subscribed again, since feeds have stayed dead for hours where IB's words alone were believed; and quotes
that don't tick within the grace then are stale, and asked for again.

A farm of the past concerns the bars that are kept up to date. That they tick while it's down teaches nothing: for a
while the quotes alone can carry them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from brokers.interactive_brokers.link.health import FarmKind
from brokers.interactive_brokers.streams.quotes import QuoteStream
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.stream import Stream

# The part of the grace in which a gateway may still hand on what it had.
_STILL_EMPTYING = 0.2


@dataclass(frozen=True, slots=True)
class _Fall:
    farm: str
    kind: FarmKind
    since: float


class Farms:
    """What was learned outlives a connection. Moments are the loop's."""

    def __init__(self, registry: Registry, *, grace: float) -> None:
        self._registry = registry
        self._grace = grace
        self._news: list[tuple[FarmKind, str, bool]] = []
        self._down: dict[str, _Fall] = {}  # by the farm's name
        self._elsewhere: defaultdict[str, set[int]] = defaultdict(set)  # farm -> the con_ids that it doesn't serve
        self._on_trial: dict[Stream, tuple[str, float]] = {}  # subscribed again when which farm was back, and when

    def on_farm(self, kind: FarmKind, farm: str, is_up: bool) -> None:
        """Counts from the end of the piece that it came in, so that the ticks before it aren't taken for later ones."""
        self._news.append((kind, farm, is_up))

    def on_caught_up(self, now: float) -> None:
        """Raises LinkLost."""
        while self._news:
            kind, farm, is_up = self._news.pop(0)
            if is_up:
                self._come_back(farm, now)
            else:
                self._down.setdefault(farm, _Fall(farm, kind, now))

    def look(self, now: float) -> None:
        for fall in self._down.values():
            self._learn(fall)
            if now >= fall.since + self._grace:
                for stream in self._doubted(fall):
                    stream.stand(is_stale=True, reason=f"The data farm {fall.farm} is down, so what came last is old.")
        self._judge(now)

    def forget(self) -> None:
        """A new connection hears of each farm anew."""
        self._news.clear()
        self._down.clear()
        self._on_trial.clear()

    def _come_back(self, farm: str, now: float) -> None:
        fall = self._down.pop(farm, None)
        if fall is None:
            return  # it slept
        for stream in self._silent(fall):
            stream.reopen()
            if isinstance(stream, QuoteStream):
                self._on_trial[stream] = (farm, now)

    def _judge(self, now: float) -> None:
        wanted = set(self._registry)
        for stream, (farm, since) in list(self._on_trial.items()):
            if stream.heard_at is not None or stream not in wanted:
                del self._on_trial[stream]
            elif now >= since + self._grace:
                del self._on_trial[stream]
                stream.stand(is_stale=True, reason=f"The data farm {farm} is back, but nothing comes yet.")
                stream.retry.plan(now)

    def _learn(self, fall: _Fall) -> None:
        if fall.kind is FarmKind.QUOTES:
            ticking = (stream for stream in self._registry if self._ticks(stream, fall))
            self._elsewhere[fall.farm] |= {stream.instrument.con_id for stream in ticking}

    def _doubted(self, fall: _Fall) -> Iterator[Stream]:
        elsewhere = self._elsewhere[fall.farm]
        return (stream for stream in self._silent(fall) if stream.instrument.con_id not in elsewhere)

    def _silent(self, fall: _Fall) -> Iterator[Stream]:
        """What the farm may serve and has not ticked since it fell."""
        return (stream for stream in self._registry if fall.kind in stream.farms and not self._ticks(stream, fall))

    def _ticks(self, stream: Stream, fall: _Fall) -> bool:
        then = fall.since + _STILL_EMPTYING * self._grace
        return stream.heard_at is not None and stream.heard_at > then
