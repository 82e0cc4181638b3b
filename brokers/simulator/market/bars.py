"""Bars: what a stretch of an instrument's path comes to, in one of IB's ways of looking at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.market.path import Stretch
from brokers.simulator.market.prices import Prices

TRADES = "TRADES"
MIDPOINT = "MIDPOINT"
BID = "BID"
ASK = "ASK"
BID_ASK = "BID_ASK"

_UNKNOWN = Decimal(-1)


@dataclass(frozen=True, slots=True)
class Bar:
    """`volume`, `average` and `count` are -1 in bars of what nobody trades, as at IB.

    The average is that of the bar's high, low and close: what volume was traded at which price is not known here.
    """

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = _UNKNOWN
    average: Decimal = _UNKNOWN
    count: int = -1


def bar_of(stretch: Stretch, prices: Prices, what: str) -> Bar:
    """`what` is one of this module's words. A bar of BID_ASK opens with the average bid and closes with the average
    ask, its high is the highest ask and its low the lowest bid (IB's page on historical bars)."""
    if what == TRADES:
        return _trades(stretch, prices)
    if what == BID_ASK:
        return Bar(
            open=_average(stretch, prices.bid),
            high=prices.ask(stretch.high),
            low=prices.bid(stretch.low),
            close=_average(stretch, prices.ask),
        )
    price = {MIDPOINT: prices.middle, BID: prices.bid, ASK: prices.ask}[what]
    return Bar(price(stretch.open), price(stretch.high), price(stretch.low), price(stretch.close))


def _trades(stretch: Stretch, prices: Prices) -> Bar:
    opens, high, low, close = (prices.last(point) for point in stretch[:4])
    if not prices.instrument.has_book:
        return Bar(opens, high, low, close, volume=Decimal(0), average=Decimal(0), count=stretch.trades)
    return Bar(
        opens,
        high,
        low,
        close,
        volume=stretch.volume * prices.lot,
        average=_rounded((high + low + close) / 3),
        count=stretch.trades,
    )


def _average(stretch: Stretch, price: Callable[[int], Decimal]) -> Decimal:
    return _rounded(sum((price(point) for point in stretch[:4]), Decimal(0)) / 4)


def _rounded(price: Decimal) -> Decimal:
    return price.quantize(Decimal("1e-10")).normalize()
