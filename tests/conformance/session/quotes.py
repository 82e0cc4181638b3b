"""Quotes of every kind of instrument: https://interactivebrokers.github.io/tws-api/md_request.html."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Expected, Play, Row, Stage
from tests.conformance.session.scenery import APPLE, EURO, PAIR, QUERIES, SAP, TENCENT, stock

# A market that lives has moved by one of these looks, even that of an option.
_LOOKS, _STEPS = 3, 20
_SIDES, _TRADES = ("bid", "ask", "bidSize", "askSize"), ("last", "lastSize")
_LIVE, _FROZEN, _DELAYED = 1, 2, 3

# What is told of each kind: IB reports no trades of what dealers quote, and nobody bids for an index.
_TOLD: dict[str, tuple[str, ...]] = {
    "STK AMD": (*_SIDES, *_TRADES, "open", "high", "low", "close", "volume"),
    "CASH EUR.USD": (*_SIDES, "close"),
    "CFD IBUS30": _SIDES,
    "CMDTY XAUUSD": _SIDES,
    "CRYPTO BTC": (*_SIDES, *_TRADES),
    "BOND US03076KAA60": _SIDES,
    "IND SPX": ("last", "close"),
    "FUT ES": (*_SIDES, *_TRADES),
    "OPT SPY": _SIDES,
    "FOP ES": _SIDES,
}
_UNTOLD: dict[str, tuple[str, ...]] = {
    "CASH EUR.USD": _TRADES,
    "CFD IBUS30": _TRADES,
    "CMDTY XAUUSD": _TRADES,
    "IND SPX": _SIDES,
}


def found(stage: Stage, query: Fields) -> Fields:
    """A query with the contract id of what it is about, which one of the libraries needs to keep quotes by."""
    (details,) = stage.client.instruments.details(query)
    return {**query, "conId": int(details["conId"])}


def _watch(query: Fields) -> Play:
    """The quote at once, and as the market moves."""
    return lambda stage: _seen(stage, query if "comboLegs" in query else found(stage, query))


def _seen(stage: Stage, query: Fields) -> Answer:
    stream = stage.client.streams.quotes(query)
    quotes = [stream.told()]
    for _ in range(_LOOKS):
        stage.step(_STEPS)
        quotes.append(stream.told())
    stream.end()
    return quotes


def _lives(told: tuple[str, ...], untold: tuple[str, ...] = (), *, below_zero: bool = False) -> Expected:
    """A live quote that moves, in which no bid meets its ask and all prices lie within the day's."""

    def holds(answer: Any) -> bool:
        moves = any(quote != answer[0] for quote in answer)
        return moves and all(_is_whole(quote, told, untold, below_zero=below_zero) for quote in answer)

    return holds


def _is_whole(quote: Mapping[str, Any], told: tuple[str, ...], untold: tuple[str, ...], *, below_zero: bool) -> bool:
    known = all(below_zero or Decimal(quote[name]) > 0 for name in told)
    sides = "bid" not in told or Decimal(quote["bid"]) < Decimal(quote["ask"])
    day = "high" not in told or Decimal(quote["low"]) <= Decimal(quote["last"]) <= Decimal(quote["high"])
    return known and sides and day and not any(quote[name] for name in untold) and quote["marketDataType"] == "1"


def ended(stage: Stage) -> Answer:
    """Whether a stream tells anything once it was ended."""
    stream = stage.client.streams.quotes(APPLE)
    stream.end()
    stage.settle()
    before = stream.told()
    stage.step(_STEPS)
    return stream.told() != before


def taken_as(kind: int, query: Fields) -> Play:
    """A quote of a market data type."""

    def play(stage: Stage) -> Answer:
        stage.client.streams.take_kind(kind)
        stream = stage.client.streams.quotes(query)
        quote = stream.told()
        stream.end()
        stage.client.streams.take_kind(_LIVE)
        return quote

    return play


def refused_as(kind: int, query: Fields) -> Play:
    """What isn't told is told by a code. The libraries have no way to end what never began."""

    def play(stage: Stage) -> Answer:
        stage.client.streams.take_kind(kind)
        stage.client.streams.quotes(query)
        stage.client.streams.take_kind(_LIVE)
        return None

    return play


def over_the_lines(stage: Stage) -> Answer:
    """One line is left, so that the second of two streams has none."""
    stage.control.do("lines", count=1)
    first = stage.client.streams.quotes(APPLE)
    stage.client.streams.quotes(EURO)
    first.end()
    stage.control.do("lines", count=100)
    return None


def _generic(ticks: str) -> Play:
    return lambda stage: stage.client.streams.quotes(APPLE, generic_ticks=ticks) and None


_DELAYED_QUOTE = {"marketDataType": "3", **{name: lambda price: Decimal(price) > 0 for name in ("bid", "ask", "last")}}
# -1 is IB's word for a side that nobody is on.
_CLOSED = {"marketDataType": "1", "bid": "-1", "ask": "-1", "last": lambda price: Decimal(price) > 0}
_FROZEN_QUOTE = {
    "marketDataType": "2",
    "bid": lambda price: Decimal(price) > 0,
    "ask": lambda price: Decimal(price) > 0,
}


def _is_live_quote(answer: Any) -> bool:
    return _is_whole(answer, _TOLD["STK AMD"], (), below_zero=False)


ROWS: tuple[Row, ...] = (
    *(
        Row(f"quotes {name}", _watch(QUERIES[name]), _lives(told, _UNTOLD.get(name, ())))
        for name, told in _TOLD.items()
    ),
    Row("quotes BAG", _watch(PAIR), _lives(("bid", "ask"), _TRADES, below_zero=True)),
    Row("a snapshot", lambda stage: stage.client.streams.snapshot(APPLE), _is_live_quote),
    Row("quotes that were ended", ended, False),
    Row("quotes of nothing (200)", refused_as(_LIVE, stock("NOSUCHTHING", 1)), None, (200,)),
    Row("generic ticks that nobody knows (321)", _generic("999"), None, (321,)),
    Row("quotes over the lines (101)", over_the_lines, None, (101,)),
    Row("quotes without a subscription (354)", refused_as(_LIVE, SAP), None, (354,)),
    Row("quotes without a subscription, frozen (10168)", refused_as(_FROZEN, SAP), None, (10168,)),
    Row("quotes without a subscription, delayed (10167)", taken_as(_DELAYED, SAP), _DELAYED_QUOTE, (10167,)),
    Row("delayed quotes of what comes live", taken_as(_DELAYED, APPLE), _is_live_quote),
    Row("quotes of a closed market", taken_as(_LIVE, TENCENT), _CLOSED),
    Row("frozen quotes of a closed market", taken_as(_FROZEN, TENCENT), _FROZEN_QUOTE),
)
