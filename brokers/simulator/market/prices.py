"""How the points of one instrument's price read as bids, asks, trades and sizes.

Each is a rising function of the point alone: the highest ask of a stretch belongs to its highest point. That is why a
bar of any length is known from the few numbers of its stretch.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from random import Random

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.book import EMPTY, LEVELS, Book, Level
from brokers.simulator.market.grid import grid_of
from brokers.simulator.market.path import Path
from brokers.simulator.market.spreads import Around, Fixed, Spread

_DAILY_RANGE = Decimal("0.03")
# However fine or coarse the increments: enough of them that something moves, and no more than a bad day's move.
_LIVELY_INCREMENTS = 1000
_WIDEST_RANGE = Decimal("0.08")

# What a kind is dealt in, where that is not in ones.
_LOTS = {"STK": Decimal(100), "CASH": Decimal(1_000_000), "BOND": Decimal(10), "CRYPTO": Decimal("0.01")}

# How far bid and ask are apart, as a share of the price, in kinds where that is more than an increment or so.
_SPREADS = {"OPT": "0.02", "FOP": "0.02", "BOND": "0.001", "CFD": "0.0001", "CMDTY": "0.0001", "CRYPTO": "0.0002"}
_SPREAD = "0.00002"


class Prices:
    """Points are those of the instrument's own `grid`; what the methods take and give is said by their types."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        self.instrument = instrument
        self._key = f"{seed}/{instrument.con_id}"
        self.grid = grid_of(instrument.market_rule)
        self.home = self.grid.units(instrument.start_price)
        share = Decimal(_SPREADS.get(instrument.security_type, _SPREAD))
        self._spread: Spread = (
            Around(self.grid, share) if instrument.follows else Fixed(self.grid, self._increments(share))
        )

    def path(self) -> Path:
        """The one that its price goes by itself."""
        return Path(self._key, home=self.home, daily_range=self._daily_range())

    def _daily_range(self) -> int:
        lively = _LIVELY_INCREMENTS * self.grid.increment(self.home)
        widest = max(int(self.home * _WIDEST_RANGE), 2 * self.grid.increment(self.home))
        return min(max(int(self.home * _DAILY_RANGE), lively), widest)

    def _increments(self, share: Decimal) -> int:
        return max(round(self.home * share / self.grid.increment(self.home)), 1)

    @cached_property
    def lot(self) -> Decimal:
        """What sizes are multiples of; it fits the instrument's own smallest size and size increment."""
        one = self.instrument
        usual = max(_LOTS.get(one.security_type, Decimal(1)), one.min_size)
        return (usual / one.size_increment).to_integral_value(ROUND_CEILING) * one.size_increment

    def bid(self, point: int) -> Decimal:
        return self.grid.price(self._spread.bid(point))

    def ask(self, point: int) -> Decimal:
        return self.grid.price(self._spread.ask(point))

    def middle(self, point: int) -> Decimal:
        return (self.bid(point) + self.ask(point)) / 2

    def last(self, point: int) -> Decimal:
        """A trade is made at the bid or the ask, or between the two where they are further apart."""
        return self.grid.price(self._spread.last(point))

    def size(self, lots: int) -> Decimal:
        """Of a trade; what is only computed changes hands in no size."""
        return lots * self.lot if self.instrument.has_book else Decimal(0)

    def sizes(self, quarter: int) -> tuple[Decimal, Decimal]:
        """At the best bid and the best ask in this quarter second."""
        if not self.instrument.has_book:
            return Decimal(0), Decimal(0)
        chance = self._chance(quarter)
        return self._best_size(chance), self._best_size(chance)

    def book(self, point: int, quarter: int) -> Book:
        if not self.instrument.has_book:
            return EMPTY
        chance = self._chance(quarter)
        bid_size, ask_size = self._best_size(chance), self._best_size(chance)
        return Book(
            bids=self._side(self._spread.bid(point), bid_size, self.grid.below, chance),
            asks=self._side(self._spread.ask(point), ask_size, self.grid.above, chance),
        )

    def _side(self, best: int, size: Decimal, further: Callable[[int, int], int], chance: Random) -> tuple[Level, ...]:
        levels = [Level(self.grid.price(best), size)]
        for _ in range(LEVELS - 1):
            best = further(best, chance.choice((1, 1, 2)))
            if best <= 0:
                break
            levels.append(Level(self.grid.price(best), chance.randint(2, 20) * self.lot))
        return tuple(levels)

    def _chance(self, quarter: int) -> Random:
        return Random(f"{self._key}/sizes/{quarter}")

    def _best_size(self, chance: Random) -> Decimal:
        return chance.randint(2, 12) * self.lot
