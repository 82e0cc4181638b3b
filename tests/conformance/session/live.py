"""What else is streamed: order books, single ticks, and charts.

https://interactivebrokers.github.io/tws-api/market_depth.html, tick_data.html and historical_bars.html.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.conformance.clients.base import Answer, Fields, Stream
from tests.conformance.rows import Expected, Play, Row, Stage
from tests.conformance.session.quotes import found
from tests.conformance.session.scenery import APPLE, COLA, EURO, FUTURE, IBM, INTEL, MICROSOFT, NVIDIA

_STEPS = 20
_BOOKS, _TICK_STREAMS = 3, 5
_DIRECT: Fields = {"exchange": "ISLAND"}
_SHARES = (APPLE, MICROSOFT, INTEL, COLA, IBM, NVIDIA)


def depth(query: Fields, *, is_smart: bool = False) -> Play:
    """The whole book at once, and after some steps."""

    def play(stage: Stage) -> Answer:
        stream = stage.client.streams.depth(found(stage, query), is_smart=is_smart)
        before = stream.told()
        stage.step(_STEPS)
        after = stream.told()
        stream.end()
        return [before, after]

    return play


def _is_book(*, names_makers: bool) -> Expected:
    """Five rows on each side, the best first, that move; bids are below asks. Level two names who stands there."""

    def holds(answer: Any) -> bool:
        before, after = answer
        return before != after and all(_is_ordered(*book, names_makers=names_makers) for book in answer)

    return holds


def _is_ordered(bids: Any, asks: Any, *, names_makers: bool) -> bool:
    below, above = ([Decimal(level["price"]) for level in levels] for levels in (bids, asks))
    return (
        len(bids) == len(asks) == 5
        and all(better > worse for better, worse in pairwise(below))
        and all(better < worse for better, worse in pairwise(above))
        and below[0] < above[0]
        and all(Decimal(level["size"]) > 0 and bool(level["marketMaker"]) is names_makers for level in (*bids, *asks))
    )


def too_many_books(stage: Stage) -> Answer:
    """A client has three. One more is refused, and has room once another was ended."""
    books = [stage.client.streams.depth({**share, **_DIRECT}) for share in _SHARES[:_BOOKS]]
    stage.client.streams.depth({**NVIDIA, **_DIRECT})
    books.pop().end()
    books.append(stage.client.streams.depth({**IBM, **_DIRECT}))
    seen = [bool(book.told()) for book in books]
    _end(books)
    return seen


def _smart_book_asked_plainly(stage: Stage) -> Answer:
    stage.client.streams.depth(APPLE)
    return None


def ticks(query: Fields, kind: str) -> Play:
    def play(stage: Stage) -> Answer:
        stream = stage.client.streams.ticks(query, kind)
        stage.step(_STEPS)
        stream.end()
        return stream.told()

    return play


def _are_quotes(answer: Any) -> bool:
    """Each differs from the one before it."""
    crossed = any(Decimal(tick["bidPrice"]) >= Decimal(tick["askPrice"]) for tick in answer)
    return len(answer) > 1 and not crossed and all(before != after for before, after in pairwise(answer))


def _are_trades(answer: Any) -> bool:
    """Nasdaq's trades, one at least for each step."""
    whole = all(Decimal(tick["price"]) > 0 and Decimal(tick["size"]) > 0 for tick in answer)
    return len(answer) >= _STEPS and whole and {tick["exchange"] for tick in answer} == {"NASDAQ"}


def _are_midpoints(answer: Any) -> bool:
    """A currency pair's are between its half pips."""
    prices = [Decimal(tick["midPoint"]) for tick in answer]
    return len(prices) > 1 and all(Decimal("0.5") < price < 2 for price in prices)


def too_many_ticks(stage: Stage) -> Answer:
    streams = [stage.client.streams.ticks(share, "BidAsk") for share in _SHARES[: _TICK_STREAMS + 1]]
    _end(streams[:_TICK_STREAMS])
    return None


def _ticks_of_no_trades(stage: Stage) -> Answer:
    stage.client.streams.ticks(EURO, "Last")
    return None


def _end(streams: list[Stream]) -> None:
    for stream in streams:
        stream.end()


def _bars_of_no_trades(stage: Stage) -> Answer:
    stage.client.streams.bars(EURO, "TRADES")
    return None


def chart(stage: Stage) -> Answer:
    """Minutes that are kept up to date: whether the last of them changed, and how many more there are."""
    stream = stage.client.streams.chart(APPLE, duration="3600 S", size="1 min", what="TRADES")
    before = stream.told()
    stage.step(_STEPS)
    after = stream.told()
    stream.end()
    changed = before[-1] != after[-1]
    return {"enough": len(before) >= 30, "kept": before[:-1] == after[: len(before) - 1], "changed": changed}


ROWS: tuple[Row, ...] = (
    Row("depth of Nasdaq", depth({**APPLE, **_DIRECT}), _is_book(names_makers=True)),
    Row("depth of a future", depth(FUTURE), _is_book(names_makers=False)),
    Row("depth of SMART (2152)", depth(APPLE, is_smart=True), _is_book(names_makers=True), (2152,)),
    Row("depth of SMART, asked plainly (10092)", _smart_book_asked_plainly, None, (10092,)),
    Row("depth, one too many (309)", too_many_books, [True, True, True], (309,)),
    Row("ticks BidAsk", ticks(APPLE, "BidAsk"), _are_quotes),
    Row("ticks Last", ticks(APPLE, "Last"), _are_trades),
    Row("ticks AllLast", ticks(APPLE, "AllLast"), _are_trades),
    Row("ticks MidPoint", ticks(EURO, "MidPoint"), _are_midpoints),
    Row("ticks of what has no trades (10189)", _ticks_of_no_trades, None, (10189,)),
    Row("ticks, one stream too many (10190)", too_many_ticks, None, (10190,)),
    Row("five-second bars of what has no trades (420)", _bars_of_no_trades, None, (420,)),
    # It is ended with a code that says so.
    Row("a chart that is kept up to date (162)", chart, {"enough": True, "kept": True, "changed": True}, (162,)),
)
