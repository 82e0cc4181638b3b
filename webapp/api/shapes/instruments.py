from __future__ import annotations

from ninja import Field, Schema

from brokers.domain import SecurityType
from webapp.trading import searching


class Search(Schema):
    """`text` is a symbol, a name, a pair or an ISIN: AAPL, Apple, EUR.USD, US0378331005.

    The rest narrows it, in IB's own values: `sec_type` OPT, `last_trade_date_or_contract_month` 202606, `right` C.
    """

    text: str = Field(..., min_length=1, max_length=searching.LONGEST_TEXT)
    sec_type: str | None = None
    exchange: str | None = None
    currency: str | None = None
    last_trade_date_or_contract_month: str | None = None
    strike: str | None = None
    right: str | None = None


class InstrumentOut(Schema):
    """`price_increment` is the finest step that any price of it has; an order's step may be coarser."""

    con_id: int
    symbol: str
    display_symbol: str
    name: str
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
    """The broker's own list first. `message` says why that is missing, and only what is known here is listed.

    `known_earlier` are those that some session met before and that the broker's answer doesn't hold.
    """

    items: list[InstrumentOut]
    message: str
    known_earlier: list[int]
