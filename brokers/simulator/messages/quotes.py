"""Messages of a market data subscription."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.listings import Instrument
from brokers.simulator.market import Quote
from brokers.simulator.wire import Value

LIVE = 1
DELAYED = 3


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


TICK_TYPES = {
    LIVE: TickTypes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 45),
    DELAYED: TickTypes(69, 66, 67, 70, 68, 71, 72, 73, 74, 75, 76, 88),
}


def tick_price(request_id: int, tick_type: int, price: Decimal, size: Decimal | int) -> list[Value]:
    return [1, 6, request_id, tick_type, price, size, 0]


def tick_size(request_id: int, tick_type: int, size: Decimal) -> list[Value]:
    return [2, 6, request_id, tick_type, size]


def tick_generic(request_id: int, tick_type: int, value: int) -> list[Value]:
    return [45, 6, request_id, tick_type, value]


def tick_string(request_id: int, tick_type: int, text: str) -> list[Value]:
    return [46, 6, request_id, tick_type, text]


def tick_snapshot_end(request_id: int) -> list[Value]:
    return [57, 1, request_id]


def market_data_type(request_id: int, kind: int) -> list[Value]:
    return [58, 1, request_id, kind]


def tick_request_parameters(request_id: int, instrument: Instrument) -> list[Value]:
    best_offers = "" if instrument.is_currency_pair else "9c0001"
    return [81, request_id, instrument.market_rule.smallest, best_offers, 3]


def changes(request_id: int, types: TickTypes, before: Quote | None, now: Quote, *, seconds: int) -> list[list[Value]]:
    """What ticks from one quote to the next; from None, all there is. `seconds` is the time of a trade, since 1970."""
    return [
        *_side(request_id, types.bid, types.bid_size, _bid(before), _bid(now)),
        *_side(request_id, types.ask, types.ask_size, _ask(before), _ask(now)),
        *_trade(request_id, types, before, now, seconds),
        *_day(request_id, types, before, now),
    ]


_Side = tuple[Decimal, Decimal]


def _bid(quote: Quote | None) -> _Side | None:
    return None if quote is None else (quote.bid, quote.bid_size)


def _ask(quote: Quote | None) -> _Side | None:
    return None if quote is None else (quote.ask, quote.ask_size)


def _last(quote: Quote | None) -> _Side | None:
    if quote is None or quote.last is None or quote.last_size is None:
        return None
    return quote.last, quote.last_size


def _side(
    request_id: int, price_type: int, size_type: int, before: _Side | None, now: _Side | None
) -> list[list[Value]]:
    """A price and its size. A price carries its size, and IB repeats it in a message of its own."""
    if now is None or now == before:
        return []
    price, size = now
    ticks = [tick_size(request_id, size_type, size)]
    if before is None or price != before[0]:
        ticks.insert(0, tick_price(request_id, price_type, price, size))
    return ticks


def _trade(request_id: int, types: TickTypes, before: Quote | None, now: Quote, seconds: int) -> list[list[Value]]:
    ticks = _side(request_id, types.last, types.last_size, _last(before), _last(now))
    if now.volume is not None and (before is None or before.volume != now.volume):
        ticks.append(tick_size(request_id, types.volume, now.volume))
        ticks.append(tick_string(request_id, types.timestamp, str(seconds)))
    return ticks


def _day(request_id: int, types: TickTypes, before: Quote | None, now: Quote) -> list[list[Value]]:
    """The day's own prices, which have no size."""
    prices = {types.high: "high", types.low: "low", types.close: "close", types.open: "open"}
    return [
        tick_price(request_id, tick_type, getattr(now, name), 0)
        for tick_type, name in prices.items()
        if before is None or getattr(before, name) != getattr(now, name)
    ]
