from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.ibapi.link import IbapiLink

# IB's tick types, live and delayed, by the name that a quote has for them.
_PRICES = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open"}
_PRICES |= {66: "bid", 67: "ask", 68: "last", 72: "high", 73: "low", 75: "close", 76: "open"}
_SIZES = {0: "bidSize", 3: "askSize", 5: "lastSize", 8: "volume"}
_SIZES |= {69: "bidSize", 70: "askSize", 71: "lastSize", 74: "volume"}
_INSERT, _UPDATE, _DELETE = 0, 1, 2
# The arguments of the callbacks of single ticks after the request's number and the time.
_BID_ASK = ["bidPrice", "askPrice", "bidSize", "askSize"]


class _Stream:
    def __init__(self, read: Callable[[], Answer], end: Callable[[], None]) -> None:
        self.told = read
        self.end = end


class IbapiStreams:
    def __init__(self, link: IbapiLink) -> None:
        self._link = link

    def take_kind(self, kind: int) -> None:
        self._link.call("reqMarketDataType", kind)

    def _open(self, request: str, *asked: Any, cancel: str, read: Callable[[int], Answer], **ends: Any) -> _Stream:
        about = self._link.new_id()
        self._link.call(request, about, *asked)
        self._link.settle()
        return _Stream(lambda: read(about), lambda: self._link.call(cancel, about, *ends.values()))

    def quotes(self, query: Fields, *, generic_ticks: str = "") -> _Stream:
        asked = (self._link.contract(query), generic_ticks, False, False, [])
        return self._open("reqMktData", *asked, cancel="cancelMktData", read=self._quote)

    def snapshot(self, query: Fields) -> Answer:
        about = self._link.new_id()
        with self._link.listening() as said:
            self._link.call("reqMktData", about, self._link.contract(query), "", True, False, [])
        said.require("tickSnapshotEnd")
        return self._quote(about)

    def _quote(self, about: int) -> Answer:
        heard = self._link.heard
        if not heard.of("marketDataType", about):
            return None
        quote: dict[str, Any] = dict.fromkeys(facts.QUOTE)
        ticks = [(_PRICES.get(kind), price) for kind, price, _ in heard.of("tickPrice", about)]
        ticks += [(_SIZES.get(kind), size) for kind, size in heard.of("tickSize", about)]
        quote |= {name: facts.number(value) for name, value in ticks if name is not None}
        return {**quote, "marketDataType": facts.number(heard.of("marketDataType", about)[-1][0])}

    def depth(self, query: Fields, *, is_smart: bool = False) -> _Stream:
        asked = (self._link.contract(query), 5, is_smart, [])
        return self._open("reqMktDepth", *asked, cancel="cancelMktDepth", read=self._book, is_smart=is_smart)

    def _book(self, about: int) -> Answer:
        sides: tuple[list[Any], list[Any]] = ([], [])
        plain = [(*row[:1], "", *row[1:]) for row in self._link.heard.of("updateMktDepth", about)]
        named = [row[:-1] for row in self._link.heard.of("updateMktDepthL2", about)]
        for position, maker, operation, side, price, size in plain + named:
            levels = sides[1 - side]
            level = {"price": facts.number(price), "size": facts.number(size), "marketMaker": maker}
            if operation == _INSERT:
                levels.insert(position, level)
            elif operation == _UPDATE:
                levels[position] = level
            elif operation == _DELETE:
                levels.pop(position)
        return [list(levels) for levels in sides] if plain or named else None

    def ticks(self, query: Fields, kind: str) -> _Stream:
        asked = (self._link.contract(query), kind, 0, False)
        return self._open(
            "reqTickByTickData", *asked, cancel="cancelTickByTickData", read=lambda about: self._ticks(about, kind)
        )

    def _ticks(self, about: int, kind: str) -> Answer:
        heard = self._link.heard
        if kind == "BidAsk":
            told = heard.of("tickByTickBidAsk", about)
            return [dict(zip(_BID_ASK, map(facts.number, tick[1:5]), strict=True)) for tick in told]
        if kind == "MidPoint":
            return [{"midPoint": facts.number(price)} for _, price in heard.of("tickByTickMidPoint", about)]
        trades = heard.of("tickByTickAllLast", about)
        return [
            {"price": facts.number(price), "size": facts.number(size), "exchange": exchange}
            for _, _, price, size, _, exchange, _ in trades
        ]

    def bars(self, query: Fields, what: str) -> _Stream:
        asked = (self._link.contract(query), 5, what, False, [])
        return self._open("reqRealTimeBars", *asked, cancel="cancelRealTimeBars", read=self._bars)

    def _bars(self, about: int) -> Answer:
        told = self._link.heard.of("realtimeBar", about)
        return [dict(zip(facts.LIVE_BAR, map(facts.number, bar[1:]), strict=True)) for bar in told]

    def chart(self, query: Fields, *, duration: str, size: str, what: str) -> _Stream:
        asked = (self._link.contract(query), "", duration, size, what, False, 2, True, [])
        return self._open("reqHistoricalData", *asked, cancel="cancelHistoricalData", read=self._chart)

    def _chart(self, about: int) -> Answer:
        """The last word on each bar."""
        heard = self._link.heard
        told = [bar for (bar,) in (*heard.of("historicalData", about), *heard.of("historicalDataUpdate", about))]
        return list({bar.date: facts.bar(bar, average=bar.wap) for bar in told}.values())
