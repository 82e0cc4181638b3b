from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.libraries.link import LibraryLink

_TICK = {
    "BidAsk": ["bidPrice", "askPrice", "bidSize", "askSize"],
    "MidPoint": ["midPoint"],
    "Last": ["price", "size"],
    "AllLast": ["price", "size"],
}


class _Stream:
    def __init__(self, read: Callable[[], Answer], end: Callable[[], None]) -> None:
        self.told = read
        self.end = end


class LibraryStreams:
    def __init__(self, link: LibraryLink) -> None:
        self._link = link
        self._ib = link.ib

    def take_kind(self, kind: int) -> None:
        self._ib.reqMarketDataType(kind)

    def quotes(self, query: Fields, *, generic_ticks: str = "") -> _Stream:
        contract = self._link.contract(query)
        ticker = self._ib.reqMktData(contract, generic_ticks)
        self._link.settle()
        return _Stream(lambda: _quote(ticker), lambda: self._ib.cancelMktData(contract))

    def snapshot(self, query: Fields) -> Answer:
        (ticker,) = self._ib.reqTickers(self._link.contract(query))
        return _quote(ticker)

    def depth(self, query: Fields, *, is_smart: bool = False) -> _Stream:
        contract = self._link.contract(query)
        ticker = self._ib.reqMktDepth(contract, numRows=5, isSmartDepth=is_smart)
        self._link.settle()
        return _Stream(lambda: _book(ticker), lambda: self._ib.cancelMktDepth(contract, is_smart))

    def ticks(self, query: Fields, kind: str) -> _Stream:
        contract = self._link.contract(query)
        ticker = self._ib.reqTickByTickData(contract, kind)
        seen: list[Any] = []
        ticker.updateEvent += lambda ticker: seen.extend(ticker.tickByTicks)
        self._link.settle()
        return _Stream(
            lambda: [_tick(tick, kind) for tick in seen], lambda: self._ib.cancelTickByTickData(contract, kind)
        )

    def bars(self, query: Fields, what: str) -> _Stream:
        bars = self._ib.reqRealTimeBars(self._link.contract(query), 5, what, False)
        self._link.settle()
        return _Stream(
            lambda: [facts.numbers(bar, facts.LIVE_BAR) for bar in bars], lambda: self._ib.cancelRealTimeBars(bars)
        )

    def chart(self, query: Fields, *, duration: str, size: str, what: str) -> _Stream:
        contract = self._link.contract(query)
        bars = self._ib.reqHistoricalData(contract, "", duration, size, what, False, 2, keepUpToDate=True)
        return _Stream(
            lambda: [facts.bar(bar, average=bar.average) for bar in bars], lambda: self._ib.cancelHistoricalData(bars)
        )


def _quote(ticker: Any) -> Answer:
    return {**facts.picked(ticker, facts.QUOTE), "marketDataType": facts.number(ticker.marketDataType)}


def _book(ticker: Any) -> Answer:
    sides = [ticker.domBids, ticker.domAsks]
    told = [
        [{**facts.numbers(level, ["price", "size"]), "marketMaker": level.marketMaker} for level in levels]
        for levels in sides
    ]
    return told if any(told) else None


def _tick(tick: Any, kind: str) -> Answer:
    numbers = facts.numbers(tick, _TICK[kind])
    return {**numbers, "exchange": tick.exchange} if "price" in numbers else numbers
