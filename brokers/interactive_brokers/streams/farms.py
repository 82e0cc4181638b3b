"""Which streams a data farm serves, and what becomes of them when it falls and comes back.

IB names a farm when it falls (2103) and when it's back (2104), and never says what it serves. So that is learned: what
ticks while a farm is down is served elsewhere, and isn't doubted when it falls again. All else that doesn't tick within
the grace is stale. When the farm is back, all that has not ticked while it was down is subscribed again, since feeds
have stayed dead for hours where IB's words alone were believed; and what doesn't tick within the grace then is stale,
and asked for again.
"""

from __future__ import annotations

from collections import defaultdict

from brokers.interactive_brokers.streams.quotes import QuoteStream
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.stream import Stream

# The part of the grace in which a gateway may still hand on what it had.
_STILL_EMPTYING = 0.2


class Farms:
    """What was learned outlives a connection. Moments are the loop's."""

    def __init__(self, registry: Registry, *, grace: float) -> None:
        self._registry = registry
        self._grace = grace
        self._news: list[tuple[str, bool]] = []
        self._down: dict[str, float] = {}  # farm -> since when
        self._elsewhere: defaultdict[str, set[int]] = defaultdict(set)  # farm -> the con_ids that it doesn't serve
        self._on_trial: dict[Stream, tuple[str, float]] = {}  # subscribed again when which farm was back, and when

    def on_farm(self, farm: str, is_up: bool) -> None:
        """Counts from the end of the piece that it came in, so that the ticks before it aren't taken for later ones."""
        self._news.append((farm, is_up))

    def on_caught_up(self, now: float) -> None:
        """Raises LinkLost."""
        while self._news:
            farm, is_up = self._news.pop(0)
            if is_up:
                self._come_back(farm, now)
            else:
                self._down.setdefault(farm, now)

    def look(self, now: float) -> None:
        for farm, since in self._down.items():
            self._elsewhere[farm] |= {stream.instrument.con_id for stream in self._ticking(since)}
            if now >= since + self._grace:
                for stream in self._doubted(farm):
                    stream.stand(is_stale=True, reason=f"The data farm {farm} is down, so what came last is old.")
        self._judge(now)

    def forget(self) -> None:
        """A new connection hears of each farm anew."""
        self._news.clear()
        self._down.clear()
        self._on_trial.clear()

    def _come_back(self, farm: str, now: float) -> None:
        since = self._down.pop(farm, None)
        if since is None:
            return  # it slept, or its fall was one of the past's or of contracts
        for stream in set(self._registry) - self._ticking(since):
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

    def _ticking(self, since: float) -> set[Stream]:
        """What still ticks after a farm has fallen."""
        then = since + _STILL_EMPTYING * self._grace
        return {stream for stream in self._registry if stream.heard_at is not None and stream.heard_at > then}

    def _doubted(self, farm: str) -> list[Stream]:
        elsewhere = self._elsewhere[farm]
        return [stream for stream in self._registry if stream.instrument.con_id not in elsewhere]
