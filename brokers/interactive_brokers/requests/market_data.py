"""Requests about quotes."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

from ib_insync import Contract, Ticker

from brokers.domain import MarketDataType
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.requests.parts import Parts


class MarketDataRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    def ask_market_data_type(self, kind: MarketDataType) -> None:
        self._ib.reqMarketDataType(convert.MARKET_DATA_NUMBERS[kind])

    def open_stream(self, contract: Contract) -> tuple[int, Ticker]:
        """The request's id and the ticker that it fills. The library files both under this very Contract object."""
        ticker = self._ib.reqMktData(contract)
        return self._wrapper.ticker2ReqId["mktData"][ticker], ticker

    def close_stream(self, contract: Contract, request_id: int) -> None:
        self._ib.cancelMktData(contract)
        # The library keeps both for ever, and a day of changing screens would keep every ticker it ever had.
        self._wrapper.tickers.pop(id(contract), None)
        self._wrapper.reqId2Ticker.pop(request_id, None)
