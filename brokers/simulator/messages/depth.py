"""Messages of an order book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.wire import Value

INSERT, UPDATE, DELETE = range(3)
ASK, BID = range(2)


@dataclass(frozen=True, slots=True)
class RowChange:
    """What becomes of one row of one side. A row that goes has neither price nor size any more."""

    side: int
    position: int
    operation: int
    price: Decimal = Decimal(0)
    size: Decimal = Decimal(0)


def market_depth(request_id: int, row: RowChange) -> list[Value]:
    return [12, 1, request_id, row.position, row.operation, row.side, row.price, row.size]


def market_depth_of_maker(request_id: int, row: RowChange, *, maker: str, is_smart: bool) -> list[Value]:
    """`maker` is a market maker's id or, where several exchanges are shown as one, an exchange."""
    return [13, 1, request_id, row.position, maker, row.operation, row.side, row.price, row.size, is_smart]


@dataclass(frozen=True, slots=True)
class DepthExchange:
    """An exchange that offers depth. `service` is `Deep2` where rows name who stands behind them, else `Deep`."""

    exchange: str
    security_type: str
    listing_exchange: str = ""
    service: str = "Deep"
    aggregated_group: int | None = None


def market_depth_exchanges(exchanges: Sequence[DepthExchange]) -> list[Value]:
    rows = (
        (one.exchange, one.security_type, one.listing_exchange, one.service, _group(one.aggregated_group))
        for one in exchanges
    )
    return [80, len(exchanges), *(value for row in rows for value in row)]


def _group(number: int | None) -> str | int:
    """The largest integer where there is none, as in contract details: the clients read a number here."""
    return 2147483647 if number is None else number
