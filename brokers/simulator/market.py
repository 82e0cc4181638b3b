"""Seeded prices: the same seed gives the same prices, whoever watches and however fast the clock runs.

Each instrument walks on a generator of its own, so that its n-th quote depends on the seed, its contract id and n
alone. Prices are whole increments above a band's edge, pulled back towards where they began, and never reach zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from brokers.simulator.listings import Instrument

# Four steps a second: stocks tick at IB as sums over about 250 ms.
STEP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's market at one step. `last` and what belongs to it are None for a currency pair."""

    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal | None = None
    last_size: Decimal | None = None
    volume: Decimal | None = None

    @property
    def middle(self) -> Decimal:
        return (self.bid + self.ask) / 2

    @property
    def mark(self) -> Decimal:
        return self.last if self.last is not None else self.middle


class Walk:
    """One instrument's price path."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        self._random = Random(f"{seed}/{instrument.con_id}")
        self._instrument = instrument
        self._increment = instrument.market_rule.increment(instrument.start_price)
        self._home = int(instrument.start_price / self._increment)
        self._at = self._home
        self._lot = 1_000_000 if instrument.is_currency_pair else 100
        self.quote = self._first()

    def step(self) -> Quote:
        self._at += self._move()
        bid, ask = self._price(self._at), self._price(self._at + self._random.randint(1, 3))
        traded = None if self._instrument.is_currency_pair else self._random.choice((bid, ask))
        self.quote = self._after(bid, ask, traded)
        return self.quote

    def _move(self) -> int:
        """A step of up to three increments, more often homewards than away the further it has gone."""
        pull = (self._home - self._at) / max(self._home * 0.02, 10)
        return round(self._random.gauss(pull, 1.2))

    def _price(self, increments: int) -> Decimal:
        return max(increments, 1) * self._increment

    def _size(self) -> Decimal:
        return Decimal(self._random.randint(2, 12) * self._lot)

    def _first(self) -> Quote:
        bid, ask = self._price(self._home), self._price(self._home + 1)
        close = self._price(self._home + self._random.randint(-80, 80))
        quote = Quote(bid, ask, self._size(), self._size(), close, bid, ask, bid)
        if self._instrument.is_currency_pair:
            return quote
        volume = Decimal(self._random.randint(10_000, 90_000) * 100)
        return Quote(bid, ask, quote.bid_size, quote.ask_size, close, bid, ask, bid, ask, Decimal(100), volume)

    def _after(self, bid: Decimal, ask: Decimal, traded: Decimal | None) -> Quote:
        before = self.quote
        size = None if traded is None else Decimal(self._random.randint(1, 5) * 100)
        return Quote(
            bid=bid,
            ask=ask,
            bid_size=self._size(),
            ask_size=self._size(),
            close=before.close,
            open=before.open,
            high=max(before.high, traded or ask),
            low=min(before.low, traded or bid),
            last=traded,
            last_size=size,
            volume=None if before.volume is None or size is None else before.volume + size,
        )


class Market:
    """All prices, and whoever wants to know of each step."""

    def __init__(self, instruments: Iterable[Instrument], *, seed: int) -> None:
        self._walks = {instrument.con_id: Walk(instrument, seed) for instrument in instruments}
        self._watchers: list[Callable[[int, Quote, Quote], None]] = []
        self.steps = 0

    def quote(self, con_id: int) -> Quote:
        return self._walks[con_id].quote

    def watch(self, watcher: Callable[[int, Quote, Quote], None]) -> None:
        """`watcher` is called with (con_id, the quote before, the quote now), for every instrument at every step."""
        self._watchers.append(watcher)

    def step(self) -> None:
        self.steps += 1
        for con_id, walk in self._walks.items():
            before = walk.quote
            now = walk.step()
            for watcher in self._watchers:
                watcher(con_id, before, now)
