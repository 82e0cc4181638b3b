"""Messages of a market data subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.pricing import Greeks
from brokers.simulator.market.quote import Quote
from brokers.simulator.wire import Value, plain

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = range(1, 5)
FROZEN_KINDS = (FROZEN, DELAYED_FROZEN)
DELAYED_KINDS = (DELAYED, DELAYED_FROZEN)


@dataclass(frozen=True, slots=True)
class TickTypes:
    """IB's numbers for what ticks: delayed data has numbers of its own."""

    bid_size: int
    bid: int
    ask: int
    ask_size: int
    last: int
    last_size: int
    high: int
    low: int
    volume: int
    close: int
    open: int
    timestamp: int


# The key to the letters of a US stock's best bids and offers, which tells their exchanges.
BEST_OFFERS = "9c0001"
_BEST_OFFER_EXCHANGES = ("AMEX", "BEX", "NYSENAT", "DRCTEDGE", "BATS", "ARCA", "NYSE", "IEX", "ISLAND", "CHX", "PHLX")
_BEST_OFFER_LETTERS = "ABCKZPNVQMX"

_MODEL, _DELAYED_MODEL = 13, 83
TICK_TYPES = TickTypes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 45)
DELAYED_TICK_TYPES = TickTypes(69, 66, 67, 70, 68, 71, 72, 73, 74, 75, 76, 88)


def kind_of(*, live: bool, asked: int, is_closed: bool) -> int:
    """The type of market data that comes to one who may see live data or not, and asked for a type.

    A type is what a client takes at most: live data come live though delayed ones were asked for, and frozen ones only
    while nothing moves (https://interactivebrokers.github.io/tws-api/market_data_type.html).
    """
    if live:
        return FROZEN if is_closed and asked in FROZEN_KINDS else LIVE
    return DELAYED_FROZEN if is_closed and asked == DELAYED_FROZEN else DELAYED


def tick_price(request_id: int, tick_type: int, price: Decimal, size: Decimal | int) -> list[Value]:
    return [1, 6, request_id, tick_type, price, size, 0]


def tick_size(request_id: int, tick_type: int, size: Decimal) -> list[Value]:
    return [2, 6, request_id, tick_type, size]


def tick_generic(request_id: int, tick_type: int, value: int) -> list[Value]:
    return [45, 6, request_id, tick_type, value]


def tick_string(request_id: int, tick_type: int, text: str) -> list[Value]:
    return [46, 6, request_id, tick_type, text]


def tick_option_computation(request_id: int, kind: int, greeks: Greeks) -> list[Value]:
    """By the model, which IB sends beside what it computes from each price. Nothing here pays dividends."""
    tick_type = _DELAYED_MODEL if kind in DELAYED_KINDS else _MODEL
    by_return = 0  # how the volatility was computed: from returns, not from prices
    return [
        21, request_id, tick_type, by_return, greeks.volatility, greeks.delta, greeks.price, 0,
        greeks.gamma, greeks.vega, greeks.theta, greeks.underlying,
    ]  # fmt: skip


def tick_snapshot_end(request_id: int) -> list[Value]:
    return [57, 1, request_id]


def market_data_type(request_id: int, kind: int) -> list[Value]:
    return [58, 1, request_id, kind]


def tick_request_parameters(request_id: int, instrument: Instrument) -> list[Value]:
    best_offers = BEST_OFFERS if instrument.has_trades else ""
    return [81, request_id, instrument.min_tick, best_offers, 3]


def smart_components(request_id: int) -> list[Value]:
    """What the letters of `BEST_OFFERS` stand for."""
    pairs = list(zip(_BEST_OFFER_EXCHANGES, _BEST_OFFER_LETTERS, strict=True))
    rows = ((bit, exchange, letter) for bit, (exchange, letter) in enumerate(pairs))
    return [82, request_id, len(pairs), *(value for row in rows for value in row)]


def rt_volume(quote: Quote, at: datetime) -> str:
    """`701.28;1;1348075471534;67854;701.46918464;true`: price, size, milliseconds since 1970, the day's volume and
    average price, and whether one market maker filled it all."""
    average = (quote.high + quote.low + quote.mark) / 3
    milliseconds = int(at.timestamp() * 1000)
    price, size, volume = (plain(number or Decimal(0)) for number in (quote.last, quote.last_size, quote.volume))
    return f"{price};{size};{milliseconds};{volume};{average:.8f};false"
