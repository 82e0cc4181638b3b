"""What ticks of a quote subscription: whatever of the quote its client wasn't told yet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokers.simulator.connections.subscriptions import QuoteSubscription
from brokers.simulator.market.quote import Quote
from brokers.simulator.messages.quotes import (
    DELAYED_KINDS,
    DELAYED_TICK_TYPES,
    TICK_TYPES,
    TickTypes,
    rt_volume,
    tick_generic,
    tick_price,
    tick_size,
    tick_string,
)
from brokers.simulator.wire import Value

# Generic ticks that a client asks for by these numbers, and the numbers with which they come.
RT_VOLUME, RT_TRADE_VOLUME, MARK_PRICE, SHORTABLE = 233, 375, 221, 236
_RT_VOLUME_TICKS = {RT_VOLUME: 48, RT_TRADE_VOLUME: 77}
_MARK_PRICE_TICK, _SHORTABLE_TICK, _SHORTABLE_SHARES_TICK = 37, 46, 89
# At least a thousand shares can be borrowed.
_EASY_TO_BORROW = 3
_SHARES_TO_BORROW = Decimal(5_000_000)


def changes(subscription: QuoteSubscription, now: Quote, *, at: datetime) -> list[list[Value]]:
    """What ticks from the quote that a client was told last to this one; all there is when it was told none.

    `at` is the time of a trade.
    """
    request_id, before = subscription.request_id, subscription.shown
    types = DELAYED_TICK_TYPES if subscription.kind in DELAYED_KINDS else TICK_TYPES
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
        ticks += [tick_string(request_id, number, rt_volume(now, at)) for number in kinds]
    if MARK_PRICE in asked and (before is None or before.mark != now.mark):
        ticks.append(tick_price(request_id, _MARK_PRICE_TICK, now.mark, 0))
    if SHORTABLE in asked and before is None:
        ticks.append(tick_generic(request_id, _SHORTABLE_TICK, _EASY_TO_BORROW))
        ticks.append(tick_size(request_id, _SHORTABLE_SHARES_TICK, _SHARES_TO_BORROW))
    return ticks
