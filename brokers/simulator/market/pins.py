"""A price that somebody set by hand: it stands still where it was put, whatever the path would have been."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from brokers.simulator.market.book import EMPTY, Book, Level
from brokers.simulator.market.quote import Quote


@dataclass(frozen=True, slots=True)
class Pin:
    """A quote and the book behind it. While trading is halted nobody can trade with that book, so it shows nothing."""

    quote: Quote
    whole_book: Book
    is_halted: bool = False

    @property
    def book(self) -> Book:
        return EMPTY if self.is_halted else self.whole_book

    def moved(
        self,
        *,
        bid: Decimal | None = None,
        ask: Decimal | None = None,
        last: Decimal | None = None,
        bid_size: Decimal | None = None,
        ask_size: Decimal | None = None,
    ) -> Pin:
        """At other prices or sizes; what is not given stays. A bid without an ask takes the ask along, and vice versa.

        Raises ValueError for a bid that is not below the ask, and for prices and sizes that can't be.
        """
        before = self.quote
        bid, ask = _both_sides(before, bid, ask)
        if not 0 < bid < ask:
            raise ValueError(f"a bid is above 0 and below the ask, and {bid} is not (the ask is {ask})")
        quote = replace(
            before,
            bid=bid,
            ask=ask,
            bid_size=_or(bid_size, before.bid_size),
            ask_size=_or(ask_size, before.ask_size),
            last=_last(before, last, bid, ask),
        )
        quote = replace(quote, high=max(before.high, quote.last or ask), low=min(before.low, quote.last or bid))
        return replace(self, quote=quote, whole_book=_shifted(self.whole_book, quote))


def _or(given: Decimal | None, known: Decimal) -> Decimal:
    return known if given is None else given


def _both_sides(before: Quote, bid: Decimal | None, ask: Decimal | None) -> tuple[Decimal, Decimal]:
    spread = before.ask - before.bid
    if bid is None and ask is None:
        return before.bid, before.ask
    return (bid if bid is not None else ask - spread), (ask if ask is not None else bid + spread)  # type: ignore[operator]


def _last(before: Quote, last: Decimal | None, bid: Decimal, ask: Decimal) -> Decimal | None:
    """Where nobody reports trades there is none. One that wasn't given is drawn to the new bid or ask."""
    if before.last is None:
        return None
    return min(max(before.last, bid), ask) if last is None else last


def _shifted(book: Book, quote: Quote) -> Book:
    return Book(
        bids=tuple(_side(book.bids, quote.bid, quote.bid_size)), asks=tuple(_side(book.asks, quote.ask, quote.ask_size))
    )


def _side(levels: tuple[Level, ...], price: Decimal, size: Decimal) -> Iterable[Level]:
    if not levels:
        return
    if size > 0:
        yield Level(price, size)
    for level in levels[1:]:
        moved = level.price + price - levels[0].price
        if moved > 0:
            yield Level(moved, level.size)
