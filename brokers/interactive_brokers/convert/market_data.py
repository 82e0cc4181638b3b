"""Tickers -> quotes."""

from __future__ import annotations

from datetime import datetime

from ib_insync import Ticker

from brokers.domain import MarketDataType, Quote, SecurityType
from brokers.interactive_brokers.convert.numbers import price, quantity, to_utc

# IB's numbers on the wire, in both directions.
MARKET_DATA_TYPES = {
    1: MarketDataType.LIVE,
    2: MarketDataType.FROZEN,
    3: MarketDataType.DELAYED,
    4: MarketDataType.DELAYED_FROZEN,
}
MARKET_DATA_NUMBERS = {kind: number for number, kind in MARKET_DATA_TYPES.items()}


def quote(ticker: Ticker, *, con_id: int, security_type: SecurityType, received_at: datetime) -> Quote:
    """The ticker's newest values. A currency pair has no trades, so it has no last."""
    trades = security_type is not SecurityType.CASH
    return Quote(
        con_id=con_id,
        at=to_utc(received_at),
        market_data_type=MARKET_DATA_TYPES.get(ticker.marketDataType, MarketDataType.LIVE),
        bid=price(ticker.bid),
        bid_size=quantity(ticker.bidSize) if price(ticker.bid) is not None else None,
        ask=price(ticker.ask),
        ask_size=quantity(ticker.askSize) if price(ticker.ask) is not None else None,
        last=price(ticker.last) if trades else None,
        last_size=quantity(ticker.lastSize) if trades and price(ticker.last) is not None else None,
        close=price(ticker.close),
    )
