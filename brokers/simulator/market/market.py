"""Seeded prices: the same seed gives the same prices, whoever watches and however fast the clock runs.

An instrument's n-th quote depends on the seed, its contract id and n alone; that of one which follows another's price,
on the other's and, if it expires, on the time. Nothing is walked step by step, so that an option chain of thousands
costs nothing until somebody looks at one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.pricing import Greeks, Option
from brokers.simulator.market.book import Book
from brokers.simulator.market.days import TradingDays
from brokers.simulator.market.grid import grid_of
from brokers.simulator.market.pins import Pin
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.quote import Quote
from brokers.simulator.market.tape import Tape
from brokers.simulator.market.timeline import Timeline
from brokers.simulator.market.trails import Trails
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
    """All prices, and whoever wants to know of each step. `now` tells when a step was made, in aware UTC time.

    Where places are `always_open` a trading day is a date, and what expires does so with its last one.
    """

    def __init__(
        self, instruments: Directory, *, seed: int, now: Callable[[], datetime] = _now, always_open: bool = True
    ) -> None:
        self._instruments = instruments
        self._seed = seed
        self._now = now
        self._walks: dict[int, Walk] = {}
        self._watchers: list[tuple[Watcher, Callable[[], Iterable[int]]]] = []
        self._pins: dict[int, Pin] = {}
        self.timeline = Timeline(began=int(now().timestamp()))
        self._days = TradingDays(self.timeline, always_open=always_open)
        self._trails = Trails(self.timeline, seed=seed, always_open=always_open)
        self.steps = 0
        # Whether a step leaves every price where it is.
        self.is_frozen = False

    def quote(self, con_id: int) -> Quote:
        """The market now. Raises LookupError for an unknown contract id."""
        return self._quote(con_id, self.steps)

    def _quote(self, con_id: int, step: int) -> Quote:
        pin = self._pins.get(con_id)
        if pin is not None:
            return pin.quote
        walk = self.walk(con_id)
        point = self._held(walk.prices.instrument)
        return walk.quote(step) if point is None else walk.put(step, point)

    def book(self, con_id: int) -> Book:
        """The market now in its depth; its best prices and sizes are those of `quote`. Raises LookupError likewise."""
        pin = self._pins.get(con_id)
        if pin is not None:
            return pin.book
        walk = self.walk(con_id)
        return walk.book(self.steps, self._held(walk.prices.instrument))

    def _held(self, instrument: Instrument) -> int | None:
        """The point where a price stands that follows one which a pin holds; None when none does."""
        follows = instrument.follows
        if follows is None or not self._pins:
            return None
        pin = self._pins.get(follows.underlying.con_id)
        grid = grid_of(follows.underlying.market_rule)
        point = self._held(follows.underlying) if pin is None else grid.units(pin.quote.middle)
        if point is None:
            return None
        return self._trails.reading(instrument, follows).point(point, self.timeline.time_of(self.steps))

    def greeks(self, instrument: Instrument) -> Greeks | None:
        """What the model that an option is priced by says of it now; None for what is none."""
        follows = instrument.follows
        if follows is None or not isinstance(follows.relation, Option):
            return None
        years = self._trails.reading(instrument, follows).years(self.timeline.time_of(self.steps))
        return follows.relation.greeks(float(self.quote(follows.underlying.con_id).mark), years)

    def pin(self, con_id: int) -> Pin:
        """The instrument's market as it stands, to be put back, changed, with `put`. Raises LookupError likewise."""
        return self._pins.get(con_id) or Pin(self.quote(con_id), self.book(con_id))

    def put(self, con_id: int, pin: Pin | None) -> None:
        """Holds an instrument's market where the pin says, or lets it go its own way again. What follows its price goes
        along. Whoever watches hears.
        """
        before = [
            (watcher, one, self.quote(one))
            for watcher, interest in self._watchers
            for one in dict.fromkeys(interest())
            if self._rests_on(one, con_id)
        ]
        if pin is None:
            self._pins.pop(con_id, None)
        else:
            self._pins[con_id] = pin
        for watcher, one, was in before:
            watcher(one, was, self.quote(one))

    def _rests_on(self, con_id: int, other: int) -> bool:
        """Whether a price is the other's, or is made of it."""
        instrument = self._instruments.get(con_id)
        while instrument is not None and instrument.con_id != other:
            instrument = instrument.follows.underlying if instrument.follows else None
        return instrument is not None

    @property
    def pinned(self) -> list[int]:
        """The contract ids whose market is held."""
        return list(self._pins)

    def is_halted(self, con_id: int) -> bool:
        return con_id in self._pins and self._pins[con_id].is_halted

    def walk(self, con_id: int) -> Walk:
        walk = self._walks.get(con_id)
        if walk is None:
            walk = self._walks[con_id] = self._begin_walk(con_id)
        return walk

    def _begin_walk(self, con_id: int) -> Walk:
        instrument = self._instruments.get(con_id)
        if instrument is None:
            raise LookupError(f"no instrument has the contract id {con_id}")
        return Walk(Prices(instrument, self._seed), self._trails.of(instrument), self._days)

    def tape(self, con_id: int) -> Tape:
        """The instrument's past. Raises LookupError for an unknown contract id."""
        walk = self.walk(con_id)
        return Tape(walk.prices, walk.trail, self.timeline)

    def watch(self, watcher: Watcher, interest: Callable[[], Iterable[int]] | None = None) -> None:
        """`watcher` hears of each step of the instruments that `interest` names then, by contract id.

        Without `interest` these are the instruments whose quote somebody has asked for.
        """
        self._watchers.append((watcher, interest or self._quoted))

    def _quoted(self) -> Iterable[int]:
        return list(self._walks)

    def begin(self, *, step_seconds: float) -> None:
        """Steps will come from now on, so far apart. Until the first one, prices stand where they are."""
        self.timeline.began = int(self._now().timestamp())
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
