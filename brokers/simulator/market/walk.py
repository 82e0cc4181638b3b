"""The path that an instrument's live quotes follow, step by step from where it begins."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.market.book import Book
from brokers.simulator.market.days import TradingDays
from brokers.simulator.market.path import QUARTERS_A_DAY, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.quote import Quote

# The steps of every run follow one stretch of the path, whenever it is started: a year that no history reaches.
_FIRST_QUARTER = -50 * 365 * QUARTERS_A_DAY
# A run's first day began two hours before it, so that there are an open, a high and a low to compare with.
_OPENED = _FIRST_QUARTER - QUARTERS_A_DAY // 12
_CLOSED = _FIRST_QUARTER - QUARTERS_A_DAY

_NOTHING = Stretch(0, 0, 0, 0, 0, 0)


class Walk:
    """Quotes by the number of the step. The first is at the instrument's own price, wherever the path is then."""

    def __init__(self, prices: Prices, days: TradingDays) -> None:
        self.prices = prices
        self._days = days
        self._shift = prices.home - prices.path.at(_FIRST_QUARTER).close
        self._quotes: dict[int, Quote] = {}
        # Of the day looked at last: where it began, up to where it is known, and what it came to by then.
        self._day = (_OPENED, _OPENED, _NOTHING)

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
        return None if whole is None else whole.moved(self._shift)

    def at(self, step: int) -> Stretch:
        """One step's trade, in points."""
        return self.prices.path.at(self.quarter(step)).moved(self._shift)

    @staticmethod
    def quarter(step: int) -> int:
        """The quarter second of the path that a step is."""
        return _FIRST_QUARTER + step

    def _make(self, step: int) -> Quote:
        first = self._days.first_step(self.prices.instrument.hours, step)
        prices, day, point = self.prices, self._day_until(step, first), self.at(step).close
        bid_size, ask_size = prices.sizes(self.quarter(step))
        has_trades = prices.instrument.has_trades
        return Quote(
            bid=prices.bid(point),
            ask=prices.ask(point),
            bid_size=bid_size,
            ask_size=ask_size,
            close=self._as_shown(self._closed_before(first)),
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

    def _closed_before(self, first: int | None) -> int:
        """Where the step before a day's first one was, in points."""
        return self.prices.path.at(_CLOSED if first is None else self.quarter(first - 1)).close + self._shift

    def _day_until(self, step: int, first: int | None) -> Stretch:
        """The day so far, from what is known of it; a step further back, or of another day, starts over."""
        opened = _OPENED if first is None else self.quarter(first)
        begun, until, known = self._day
        end = self.quarter(step) + 1
        if begun != opened or end < until:
            until, known = opened, _NOTHING
        more = self.prices.path.over(until, end)
        day = known if more is None else _longer(known, more.moved(self._shift))
        self._day = (opened, end, day)
        return day


def _longer(known: Stretch, more: Stretch) -> Stretch:
    return (join([known, more]) or more) if known.trades else more
