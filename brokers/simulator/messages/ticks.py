"""Messages of single ticks, of now and of the past."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum

from brokers.simulator.market.prices import Prices
from brokers.simulator.market.tape import Moment
from brokers.simulator.wire import Value


class TickKind(Enum):
    """IB's words for the streams of single ticks, and the number that its messages have for each."""

    LAST = "Last"
    ALL_LAST = "AllLast"
    BID_ASK = "BidAsk"
    MIDPOINT = "MidPoint"

    @property
    def number(self) -> int:
        return list(TickKind).index(self) + 1


# Neither beyond the day's limits nor unreported: the bit mask of a tick without attributes.
_PLAIN = 0


def trade(request_id: int, kind: TickKind, second: int, price: Decimal, size: Decimal, exchange: str) -> list[Value]:
    return [99, request_id, kind.number, second, price, size, _PLAIN, exchange, ""]


def bid_ask(
    request_id: int, second: int, bid: Decimal, ask: Decimal, bid_size: Decimal, ask_size: Decimal
) -> list[Value]:
    return [99, request_id, TickKind.BID_ASK.number, second, bid, ask, bid_size, ask_size, _PLAIN]


def midpoint(request_id: int, second: int, price: Decimal) -> list[Value]:
    return [99, request_id, TickKind.MIDPOINT.number, second, price]


def historical_midpoints(request_id: int, prices: Prices, moments: Sequence[Moment]) -> list[Value]:
    rows = ((one.second, 0, prices.middle(one.point), 0) for one in moments)
    return _historical(96, request_id, len(moments), [value for row in rows for value in row])


def historical_bids_and_asks(request_id: int, prices: Prices, moments: Sequence[Moment]) -> list[Value]:
    rows = (
        (one.second, _PLAIN, prices.bid(one.point), prices.ask(one.point), *prices.sizes(one.quarter))
        for one in moments
    )
    return _historical(97, request_id, len(moments), [value for row in rows for value in row])


def historical_trades(request_id: int, prices: Prices, moments: Sequence[Moment], exchange: str) -> list[Value]:
    rows = ((one.second, _PLAIN, prices.last(one.point), prices.size(one.lots), exchange, "") for one in moments)
    return _historical(98, request_id, len(moments), [value for row in rows for value in row])


def _historical(message_id: int, request_id: int, count: int, values: Sequence[Value]) -> list[Value]:
    """All in one message, which says at its end that it is the last."""
    return [message_id, request_id, count, *values, True]
