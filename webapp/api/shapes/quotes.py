from __future__ import annotations

from ninja import Field, Schema

from brokers.domain import MarketDataType
from webapp.api.shapes.fields import ConId

MOST_QUOTES = 50


class QuotesWanted(Schema):
    """Repeat `con_id` for several."""

    con_id: list[ConId] = Field(..., min_length=1, max_length=MOST_QUOTES)


class QuoteOut(Schema):
    """The newest values; null is what never came. `market_data_type` is what came, not what was asked for.

    `age_seconds` counts from `at`, when the server heard the newest of them. `is_stale` is null when nobody knows, and
    `stale_reason` says why not to rely on it. `implied_volatility` (a year's; 0.25 is 25 percent) and `delta` are an
    option's, by the broker's model.
    """

    con_id: int
    bid: str | None
    bid_size: str | None
    ask: str | None
    ask_size: str | None
    last: str | None
    last_size: str | None
    close: str | None
    open: str | None
    high: str | None
    low: str | None
    volume: str | None
    change: str | None
    implied_volatility: str | None
    delta: str | None
    market_data_type: MarketDataType
    at: str
    age_seconds: float
    is_stale: bool | None
    stale_reason: str


class QuotesOut(Schema):
    """`without_quote` lists what the broker sent nothing of in time."""

    items: list[QuoteOut]
    without_quote: list[int]
