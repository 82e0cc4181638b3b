"""What a client streams: each subscription, with what it was told last, so that only what differs is told again."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.pricing import Greeks
from brokers.simulator.market.book import EMPTY, Book
from brokers.simulator.market.chart import Chart
from brokers.simulator.market.history import DatedBar
from brokers.simulator.market.quote import Quote
from brokers.simulator.messages.ticks import TickKind


@dataclass(slots=True)
class QuoteSubscription:
    """`asked` is the market data type that the client wants, `kind` the one that it gets (None before any)."""

    request_id: int
    instrument: Instrument
    asked: int
    generic_ticks: frozenset[int] = frozenset()
    kind: int | None = None
    shown: Quote | None = None
    greeks: Greeks | None = None


@dataclass(slots=True)
class DepthSubscription:
    """`names_makers` says whether each row tells who stands behind it (IB's level two)."""

    request_id: int
    instrument: Instrument
    rows: int
    is_smart: bool
    names_makers: bool
    shown: Book = EMPTY


@dataclass(slots=True)
class BarSubscription:
    """Five-second bars. `next_start` is when the next one to tell begins, in seconds since 1970."""

    request_id: int
    instrument: Instrument
    what: str
    regular_hours: bool
    next_start: int


@dataclass(slots=True)
class TickSubscription:
    request_id: int
    instrument: Instrument
    kind: TickKind
    ignores_sizes: bool
    shown: tuple[Decimal, ...] = ()


@dataclass(slots=True)
class ChartSubscription:
    """Historical bars that are kept up to date. `shown` is the last bar that the client was told."""

    request_id: int
    chart: Chart
    shown: DatedBar | None = None


@dataclass(slots=True)
class Streams:
    """All of one client's, by its own request ids."""

    quotes: dict[int, QuoteSubscription] = field(default_factory=dict)
    depths: dict[int, DepthSubscription] = field(default_factory=dict)
    bars: dict[int, BarSubscription] = field(default_factory=dict)
    ticks: dict[int, TickSubscription] = field(default_factory=dict)
    charts: dict[int, ChartSubscription] = field(default_factory=dict)
    # Streams that ended without a word: the client may still cancel them.
    dead: set[int] = field(default_factory=set)

    def request_ids(self) -> list[int]:
        return [request_id for kind in self._kinds() for request_id in kind]

    def instruments(self) -> dict[int, Instrument]:
        """What each stream is about, by its request id."""
        quoted = (self.quotes, self.depths, self.bars, self.ticks)
        charted = {request_id: one.chart.instrument for request_id, one in self.charts.items()}
        return {request_id: one.instrument for kind in quoted for request_id, one in kind.items()} | charted

    def end(self, kind: Mapping[int, object], request_id: int) -> bool:
        """Ends one of a kind (one of this object's own); False when there is none with this id."""
        if request_id not in kind and request_id not in self.dead:
            return False
        self._forget(request_id)
        self.dead.discard(request_id)
        return True

    def kill(self, request_id: int) -> None:
        self._forget(request_id)
        self.dead.add(request_id)

    def clear(self) -> None:
        for request_id in self.request_ids():
            self.kill(request_id)

    def _forget(self, request_id: int) -> None:
        for kind in self._kinds():
            kind.pop(request_id, None)

    def _kinds(self) -> tuple[MutableMapping[int, Any], ...]:
        return (self.quotes, self.depths, self.bars, self.ticks, self.charts)
