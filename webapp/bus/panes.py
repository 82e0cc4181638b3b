"""What a page shows of one instrument beside its quote, while somebody looks: its book, or its newest bars.

A pane's key says which: `depth:265598`, or `bars:265598:1d`. Panes ride in the account's stream of quotes under their
keys, and as with quotes the newest body alone counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from brokers.domain import Bar, BarSize, Depth
from webapp.bus.numbers import plain

_KEY = re.compile(r"(depth|bars):(-?[0-9]{1,18})(?::([0-9a-z]+))?")


class Span(StrEnum):
    """How far back a chart reaches. Each has one size of bars, in IB's words."""

    DAY = "1d"
    WEEK = "1w"
    MONTH = "1m"
    YEAR = "1y"

    @property
    def length(self) -> timedelta:
        return _SPANS[self][0]

    @property
    def bar_size(self) -> BarSize:
        return _SPANS[self][1]


_SPANS = {
    Span.DAY: (timedelta(days=1), BarSize.MINUTE),
    Span.WEEK: (timedelta(days=7), BarSize.MINUTES_5),
    Span.MONTH: (timedelta(days=30), BarSize.HOUR),
    Span.YEAR: (timedelta(days=365), BarSize.DAY),
}


@dataclass(frozen=True, slots=True)
class Pane:
    """`span` is that of a chart; None is the book."""

    con_id: int
    span: Span | None = None

    @classmethod
    def parse(cls, key: str) -> Pane:
        """Raises ValueError for what is no key."""
        found = _KEY.fullmatch(key)
        if found is None or (found[1] == "bars") is (found[3] is None):
            raise ValueError(f"{key!r} is no pane's key, which is like depth:265598 or bars:265598:1d")
        return cls(int(found[2]), Span(found[3]) if found[3] else None)

    def __str__(self) -> str:
        return f"depth:{self.con_id}" if self.span is None else f"bars:{self.con_id}:{self.span}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a pane can be relied on. None is nobody knowing; `reason` is a sentence for the user, or empty."""

    is_stale: bool | None = False
    reason: str = ""


GOOD = Standing()


def encode_book(pane: Pane, book: Depth | None, standing: Standing) -> str:
    """One line of JSON as browsers get it: each row is price, size and market maker or exchange, the best first."""
    return _encoded(
        pane,
        standing,
        at=book.at.isoformat() if book is not None else None,
        bids=_rows(book.bids) if book is not None else [],
        asks=_rows(book.asks) if book is not None else [],
    )


def encode_bars(pane: Pane, bars: Sequence[Bar], standing: Standing, *, loaded_at: datetime | None) -> str:
    """The newest few bars, oldest first. They belong to the history that was read at `loaded_at`.

    Whoever holds a history of another time, or one that doesn't reach to these bars, asks for it again.
    """
    loaded = loaded_at.isoformat() if loaded_at is not None else None
    return _encoded(pane, standing, bars=[bar_as_body(bar) for bar in bars], loaded_at=loaded)


def encode_nothing(pane: Pane, standing: Standing) -> str:
    """No rows or bars, and why."""
    if pane.span is None:
        return encode_book(pane, None, standing)
    return encode_bars(pane, [], standing, loaded_at=None)


def bar_as_body(bar: Bar) -> dict[str, Any]:
    """As JSON has it: `at` is when the bar begins, in UTC; amounts are strings, and None where IB has none."""
    return {
        "at": bar.at.isoformat(),
        "open": plain(bar.open),
        "high": plain(bar.high),
        "low": plain(bar.low),
        "close": plain(bar.close),
        "volume": plain(bar.volume),
    }


def _encoded(pane: Pane, standing: Standing, **said: Any) -> str:
    told = {"is_stale": standing.is_stale, "stale_reason": standing.reason}
    return json.dumps({"pane": str(pane), "con_id": pane.con_id, **said, **told}, separators=(",", ":"))


def _rows(levels: Sequence[Any]) -> list[list[str | None]]:
    return [[plain(level.price), plain(level.size), level.market_maker] for level in levels]
