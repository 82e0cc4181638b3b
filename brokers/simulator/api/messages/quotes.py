"""Messages of a market data subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.feeds.subscriptions import QuoteSubscription
from brokers.simulator.market.quote import Quote
from brokers.simulator.wire import Value, plain

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = range(1, 5)
FROZEN_KINDS = (FROZEN, DELAYED_FROZEN)
DELAYED_KINDS = (DELAYED, DELAYED_FROZEN)

# Generic ticks that a client asks for by these numbers, and the numbers with which they come.
RT_VOLUME, RT_TRADE_VOLUME, MARK_PRICE, SHORTABLE = 233, 375, 221, 236
_RT_VOLUME_TICKS = {RT_VOLUME: 48, RT_TRADE_VOLUME: 77}
_MARK_PRICE_TICK, _SHORTABLE_TICK, _SHORTABLE_SHARES_TICK = 37, 46, 89
# At least a thousand shares can be borrowed.
_EASY_TO_BORROW = 3
_SHARES_TO_BORROW = Decimal(5_000_000)


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

_TICK_TYPES = TickTypes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 45)
_DELAYED_TICK_TYPES = TickTypes(69, 66, 67, 70, 68, 71, 72, 73, 74, 75, 76, 88)


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


def changes(subscription: QuoteSubscription, now: Quote, *, at: datetime) -> list[list[Value]]:
    """What ticks from the quote that a client was told last to this one; all there is when it was told none.

    `at` is the time of a trade.
    """
    request_id, before = subscription.request_id, subscription.shown
    types = _DELAYED_TICK_TYPES if subscription.kind in DELAYED_KINDS else _TICK_TYPES
    return [
        *_side(request_id, types.bid, types.bid_size, _bid(before), _bid(now)),
        *_side(request_id, types.ask, types.ask_size, _ask(before), _ask(now)),
        *_trade(request_id, types, before, now, int(at.timestamp())),
        *_day(request_id, types, before, now),
        *_generic(subscription, now, at),
    ]


_Side = tuple[Decimal, Decimal]


def _bid(quote: Quote | None) -> _Side | None:
    return None if quote is None or _is_computed(quote) else (quote.bid, quote.bid_size)


def _ask(quote: Quote | None) -> _Side | None:
    return None if quote is None or _is_computed(quote) else (quote.ask, quote.ask_size)


def _is_computed(quote: Quote) -> bool:
    """An index has prices without sizes; a market that is away has neither."""
    return quote.bid > 0 and not quote.bid_size


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


def _generic(subscription: QuoteSubscription, now: Quote, at: datetime) -> list[list[Value]]:
    request_id, before, asked = subscription.request_id, subscription.shown, subscription.generic_ticks
    ticks: list[list[Value]] = []
    if now.volume is not None and (before is None or before.volume != now.volume):
        kinds = (number for name, number in _RT_VOLUME_TICKS.items() if name in asked)
        ticks += [tick_string(request_id, number, _rt_volume(now, at)) for number in kinds]
    if MARK_PRICE in asked and (before is None or before.mark != now.mark):
        ticks.append(tick_price(request_id, _MARK_PRICE_TICK, now.mark, 0))
    if SHORTABLE in asked and before is None:
        ticks.append(tick_generic(request_id, _SHORTABLE_TICK, _EASY_TO_BORROW))
        ticks.append(tick_size(request_id, _SHORTABLE_SHARES_TICK, _SHARES_TO_BORROW))
    return ticks


def _rt_volume(quote: Quote, at: datetime) -> str:
    """`701.28;1;1348075471534;67854;701.46918464;true`: price, size, milliseconds since 1970, the day's volume and
    average price, and whether one market maker filled it all."""
    average = (quote.high + quote.low + quote.mark) / 3
    milliseconds = int(at.timestamp() * 1000)
    price, size, volume = (plain(number or Decimal(0)) for number in (quote.last, quote.last_size, quote.volume))
    return f"{price};{size};{milliseconds};{volume};{average:.8f};false"
