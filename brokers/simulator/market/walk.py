"""An instrument's live quotes, step by step along its trail."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokers.simulator.market.book import Book
from brokers.simulator.market.days import TradingDays
from brokers.simulator.market.path import QUARTERS_A_DAY, Stretch, join
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.quote import Quote
from brokers.simulator.market.trail import Trail, quarter_of

# A run's first day began two hours before it, so that there are an open, a high and a low to compare with.
_OPENED = -QUARTERS_A_DAY // 12
_CLOSED = -QUARTERS_A_DAY

_NOTHING = Stretch(0, 0, 0, 0, 0, 0)


class Walk:
    """Quotes by the number of the step."""

    def __init__(self, prices: Prices, trail: Trail, days: TradingDays) -> None:
        self.prices = prices
        self.trail = trail
        self._days = days
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

    def book(self, step: int, point: int | None = None) -> Book:
        """`point` is where its price is, if not where the trail is."""
        return self.prices.book(self.trail.at(step).close if point is None else point, quarter_of(step))

    def put(self, step: int, point: int) -> Quote:
        """As `quote`, with the price at another point."""
        quote, prices = self.quote(step), self.prices
        bid, ask = prices.bid(point), prices.ask(point)
        last = None if quote.last is None else prices.last(point)
        high, low = max(quote.high, last or ask), min(quote.low, last or bid)
        return replace(quote, bid=bid, ask=ask, last=last, high=high, low=low)

    def _make(self, step: int) -> Quote:
        first = self._days.first_step(self.prices.instrument.hours, step)
        prices, day, at = self.prices, self._day_until(step, first), self.trail.at(step)
        point = at.close
        bid_size, ask_size = prices.sizes(quarter_of(step))
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
            last_size=prices.size(at.volume) if has_trades else None,
            volume=self._volume(day),
        )

    def _as_shown(self, point: int) -> Decimal:
        return self.prices.last(point) if self.prices.instrument.has_trades else self.prices.bid(point)

    def _volume(self, day: Stretch) -> Decimal | None:
        one = self.prices.instrument
        return self.prices.size(day.volume) if one.has_trades and one.has_book else None

    def _closed_before(self, first: int | None) -> int:
        """Where the step before a day's first one was, in points."""
        return self.trail.at(_CLOSED if first is None else first - 1).close

    def _day_until(self, step: int, first: int | None) -> Stretch:
        """The day so far, from what is known of it; a step further back, or of another day, starts over."""
        opened = _OPENED if first is None else first
        begun, until, known = self._day
        end = step + 1
        if begun != opened or end < until:
            until, known = opened, _NOTHING
        more = self.trail.over(until, end)
        day = known if more is None else _longer(known, more)
        self._day = (opened, end, day)
        return day


def _longer(known: Stretch, more: Stretch) -> Stretch:
    return (join([known, more]) or more) if known.trades else more
