"""The watchlist's columns in words, in the order in which the user has them."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.trading import display
from webapp.trading.models import DisplaySettings


@dataclass(frozen=True, slots=True)
class Column:
    """`field` is what a quote calls it, `label` stands in the head, `meaning` is the sentence behind that."""

    field: str
    label: str
    meaning: str


_WORDS = {
    "bid_size": ("Bid size", "How many are bid for at the bid"),
    "bid": ("Bid", "The best price that somebody pays; a click opens a ticket to sell"),
    "ask": ("Ask", "The best price that somebody asks; a click opens a ticket to buy"),
    "ask_size": ("Ask size", "How many are offered at the ask"),
    "last": ("Last", "The price of the last trade; a currency pair has none"),
    "last_size": ("Last size", "How many changed hands in the last trade"),
    "change": ("Change", "The last price (of a currency pair the middle) less the previous close"),
    "change_percent": ("Change %", "The change in percent of the previous close"),
    "volume": ("Volume", "What was traded today, as Interactive Brokers counts it"),
    "open": ("Open", "Today's first price"),
    "high": ("High", "Today's highest price"),
    "low": ("Low", "Today's lowest price"),
    "close": ("Close", "The previous day's last price"),
}
COLUMNS = {field: Column(field, *_WORDS[field]) for field in display.COLUMNS}


def chosen(settings: DisplaySettings) -> list[Column]:
    return [COLUMNS[field] for field in display.columns_of(settings)]


def offered(settings: DisplaySettings) -> list[tuple[Column, bool]]:
    """Those that are shown, in their order, then the others; each with whether it is shown."""
    shown = display.columns_of(settings)
    rest = [field for field in display.COLUMNS if field not in shown]
    return [(COLUMNS[field], field in shown) for field in (*shown, *rest)]
