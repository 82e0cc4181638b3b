"""The path that an instrument's live quotes follow, step by step from where it begins."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.market.book import Book
from brokers.simulator.market.path import QUARTERS_A_DAY, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.quote import Quote

# The steps of every run follow one stretch of the path, whenever it is started: a year that no history reaches.
_FIRST_QUARTER = -50 * 365 * QUARTERS_A_DAY
# A run begins two hours into a day, so that there are an open, a high and a low to compare with.
_OPENED = _FIRST_QUARTER - QUARTERS_A_DAY // 12
_CLOSED = _FIRST_QUARTER - QUARTERS_A_DAY


class Walk:
    """Quotes by the number of the step. The first is at the instrument's own price, wherever the path is then."""

    def __init__(self, prices: Prices) -> None:
        self.prices = prices
        self._shift = prices.home - prices.path.at(_FIRST_QUARTER).close
        self._quotes: dict[int, Quote] = {}
        self._day = (_OPENED, Stretch(0, 0, 0, 0, 0, 0))

    def quote(self, step: int) -> Quote:
        found = self._quotes.get(step)
        if found is None:
            found = self._make(step)
            # The quote before a step and the one after it are asked for again and again, others hardly ever.
            self._quotes = {number: quote for number, quote in self._quotes.items() if number == step - 1}
            self._quotes[step] = found
        return found

    def book(self, step: int) -> Book:
        return self.prices.book(self.at(step).close, self.quarter(step))

    def over(self, start: int, end: int) -> Stretch | None:
        """What the steps from `start` up to `end` come to, in points; None when there are none."""
        whole = self.prices.path.over(_FIRST_QUARTER + start, _FIRST_QUARTER + end)
        return None if whole is None else _moved(whole, self._shift)

    def at(self, step: int) -> Stretch:
        """One step's trade, in points."""
        return _moved(self.prices.path.at(self.quarter(step)), self._shift)

    @staticmethod
    def quarter(step: int) -> int:
        """The quarter second of the path that a step is."""
        return _FIRST_QUARTER + step

    def _make(self, step: int) -> Quote:
        prices, day, point = self.prices, self._day_until(step), self.at(step).close
        bid_size, ask_size = prices.sizes(self.quarter(step))
        has_trades = prices.instrument.has_trades
        return Quote(
            bid=prices.bid(point),
            ask=prices.ask(point),
            bid_size=bid_size,
            ask_size=ask_size,
            close=self._as_shown(prices.path.at(_CLOSED).close + self._shift),
            open=self._as_shown(day.open),
            high=prices.last(day.high) if has_trades else prices.ask(day.high),
            low=prices.last(day.low) if has_trades else prices.bid(day.low),
            last=prices.last(point) if has_trades else None,
            last_size=prices.size(self.at(step).volume) if has_trades else None,
            volume=self._volume(day),
        )

    def _as_shown(self, point: int) -> Decimal:
        return self.prices.last(point) if self.prices.instrument.has_trades else self.prices.bid(point)

    def _volume(self, day: Stretch) -> Decimal | None:
        one = self.prices.instrument
        return self.prices.size(day.volume) if one.has_trades and one.has_book else None

    def _day_until(self, step: int) -> Stretch:
        """The day so far, from what is known of it; a step further back starts over."""
        until, known = self._day
        end = _FIRST_QUARTER + step + 1
        if end < until:
            until, known = _OPENED, Stretch(0, 0, 0, 0, 0, 0)
        more = self.prices.path.over(until, end)
        day = known if more is None else _longer(known, _moved(more, self._shift))
        self._day = (end, day)
        return day


def _moved(stretch: Stretch, by: int) -> Stretch:
    return Stretch(
        stretch.open + by, stretch.high + by, stretch.low + by, stretch.close + by, stretch.volume, stretch.trades
    )


def _longer(known: Stretch, more: Stretch) -> Stretch:
    return (join([known, more]) or more) if known.trades else more
