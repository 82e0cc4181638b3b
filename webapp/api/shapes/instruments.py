from __future__ import annotations

from ninja import Field, Schema

from brokers.domain import SecurityType
from webapp.trading import searching


class Search(Schema):
    """`text` is a symbol, a name or a pair: AAPL, Apple, EUR.USD."""

    text: str = Field(..., min_length=1, max_length=searching.LONGEST_TEXT)


class InstrumentOut(Schema):
    """`price_increment` is the finest step that any price of it has; an order's step may be coarser."""

    con_id: int
    symbol: str
    display_symbol: str
    local_symbol: str
    security_type: SecurityType
    exchange: str
    primary_exchange: str
    currency: str
    long_name: str
    isin: str
    price_increment: str
    size_increment: str
    min_size: str
    multiplier: str | None
    expiry: str | None
    strike: str | None
    right: str | None
    time_zone: str | None


class FoundOut(Schema):
    """The broker's own list first. `message` says why that is missing, and only what is known here is listed."""

    items: list[InstrumentOut]
    message: str
