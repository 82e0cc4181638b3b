"""Requests for what happens on the market now. Each answers with its request id; what comes is told by `wrapper`."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

from ib_insync import Contract, Ticker

from brokers.domain import MarketDataType, WhatToShow
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.requests.parts import Parts

_NOT_SAID_YET = 0


class MarketDataRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts
        self._kind: MarketDataType | None = None

    def ask_market_data_type(self, kind: MarketDataType) -> None:
        """For the streams that are opened from now on."""
        if kind is not self._kind:
            self._kind = kind
            self._ib.reqMarketDataType(convert.MARKET_DATA_NUMBERS[kind])

    def open_stream(self, contract: Contract, *, generic_ticks: str = "") -> tuple[int, Ticker]:
        """The request's id and the ticker that it fills. The library files both under this very Contract object.

        The library calls every ticker live from the start; here its `marketDataType` is 0 until IB has said it.
        """
        ticker = self._ib.reqMktData(contract, generic_ticks)
        ticker.marketDataType = _NOT_SAID_YET
        return self._wrapper.ticker2ReqId["mktData"][ticker], ticker

    def close_stream(self, contract: Contract, request_id: int) -> None:
        self._ib.cancelMktData(contract)
        # The library keeps both for ever, and a day of changing screens would keep every ticker it ever had.
        self._wrapper.tickers.pop(id(contract), None)
        self._wrapper.reqId2Ticker.pop(request_id, None)

    # Not by the library's own: it keeps what comes in collections, and its book breaks on a row out of place.

    def open_trades(self, contract: Contract) -> int:
        request_id = self._client.getReqId()
        self._client.reqTickByTickData(request_id, contract, "Last", 0, False)
        return request_id

    def close_trades(self, request_id: int) -> None:
        self._client.cancelTickByTickData(request_id)

    def open_depth(self, contract: Contract, *, rows: int, smart: bool) -> int:
        request_id = self._client.getReqId()
        self._client.reqMktDepth(request_id, contract, rows, smart, [])
        return request_id

    def close_depth(self, request_id: int, *, smart: bool) -> None:
        self._client.cancelMktDepth(request_id, smart)

    def open_five_second_bars(self, contract: Contract, *, what_to_show: WhatToShow, regular_hours_only: bool) -> int:
        request_id = self._client.getReqId()
        self._client.reqRealTimeBars(request_id, contract, 5, what_to_show.value, regular_hours_only, [])
        return request_id

    def close_five_second_bars(self, request_id: int) -> None:
        self._client.cancelRealTimeBars(request_id)
