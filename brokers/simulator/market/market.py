"""Seeded prices: the same seed gives the same prices, whoever watches and however fast the clock runs.

An instrument's n-th quote depends on the seed, its contract id and n alone. Nothing is walked step by step, so that an
option chain of thousands costs nothing until somebody looks at one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.book import Book
from brokers.simulator.market.days import TradingDays
from brokers.simulator.market.pins import Pin
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.quote import Quote
from brokers.simulator.market.timeline import Timeline
from brokers.simulator.market.walk import Walk

__all__ = ["STEP_SECONDS", "Directory", "Market", "Quote", "Watcher"]

# Four steps a second: stocks tick at IB as sums over about 250 ms.
STEP_SECONDS = 0.25

# Called with a contract id, its quote before a step and its quote now.
Watcher = Callable[[int, Quote, Quote], None]


class Directory(Protocol):
    """Where instruments are looked up: the catalogue."""

    def get(self, con_id: int) -> Instrument | None: ...


def _now() -> datetime:
    return datetime.now(UTC)


class Market:
    """All prices, and whoever wants to know of each step. `now` tells when a step was made, in aware UTC time."""

    def __init__(self, instruments: Directory, *, seed: int, now: Callable[[], datetime] = _now) -> None:
        self._instruments = instruments
        self._seed = seed
        self._now = now
        self._walks: dict[int, Walk] = {}
        self._watchers: list[tuple[Watcher, Callable[[], Iterable[int]]]] = []
        self._pins: dict[int, Pin] = {}
        self.timeline = Timeline()
        self.days = TradingDays(self.timeline)
        # In seconds since 1970: where the past ends and the steps begin.
        self.began = int(now().timestamp())
        self.steps = 0
        # Whether a step leaves every price where it is.
        self.is_frozen = False

    def quote(self, con_id: int) -> Quote:
        """The market now. Raises LookupError for an unknown contract id."""
        return self._quote(con_id, self.steps)

    def _quote(self, con_id: int, step: int) -> Quote:
        pin = self._pins.get(con_id)
        return self.walk(con_id).quote(step) if pin is None else pin.quote

    def book(self, con_id: int) -> Book:
        """The market now in its depth; its best prices and sizes are those of `quote`. Raises LookupError likewise."""
        pin = self._pins.get(con_id)
        return self.walk(con_id).book(self.steps) if pin is None else pin.book

    def pin(self, con_id: int) -> Pin:
        """The instrument's market as it stands, to be put back, changed, with `put`. Raises LookupError likewise."""
        return self._pins.get(con_id) or Pin(self.quote(con_id), self.book(con_id))

    def put(self, con_id: int, pin: Pin | None) -> None:
        """Holds an instrument's market where the pin says, or lets it go its own way again. Whoever watches hears."""
        before = self.quote(con_id)
        if pin is None:
            self._pins.pop(con_id, None)
        else:
            self._pins[con_id] = pin
        for watcher, interest in self._watchers:
            if con_id in interest():
                watcher(con_id, before, self.quote(con_id))

    @property
    def pinned(self) -> list[int]:
        """The contract ids whose market is held."""
        return list(self._pins)

    def is_halted(self, con_id: int) -> bool:
        return con_id in self._pins and self._pins[con_id].is_halted

    def walk(self, con_id: int) -> Walk:
        walk = self._walks.get(con_id)
        if walk is None:
            walk = self._walks[con_id] = Walk(self.prices(con_id), self.days)
        return walk

    def prices(self, con_id: int) -> Prices:
        instrument = self._instruments.get(con_id)
        if instrument is None:
            raise LookupError(f"no instrument has the contract id {con_id}")
        return Prices(instrument, self._seed)

    def watch(self, watcher: Watcher, interest: Callable[[], Iterable[int]] | None = None) -> None:
        """`watcher` hears of each step of the instruments that `interest` names then, by contract id.

        Without `interest` these are the instruments whose quote somebody has asked for.
        """
        self._watchers.append((watcher, interest or self._quoted))

    def _quoted(self) -> Iterable[int]:
        return list(self._walks)

    def begin(self, *, step_seconds: float) -> None:
        """Steps will come from now on, so far apart. Until the first one, prices stand where they are."""
        self.began = int(self._now().timestamp())
        self.timeline.expect(step_seconds)
        self.timeline.mark(self._now(), self.steps)

    def step(self) -> None:
        """Raises what a watcher raises; those after it don't hear of this step."""
        before = self.steps
        if not self.is_frozen:
            self.steps += 1
        self.timeline.mark(self._now(), self.steps)
        for watcher, interest in self._watchers:
            for con_id in dict.fromkeys(interest()):
                watcher(con_id, self._quote(con_id, before), self._quote(con_id, self.steps))
