"""What comes off the market -> quotes, trades, books, bars and past ticks.

A price of -1 on a bid, an ask or a last means that there is none; in a bar it is a price, since a future's can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ib_insync import BarData, HistoricalTickBidAsk, HistoricalTickLast, OptionComputation, Ticker
from ib_insync.objects import HistoricalTick as IbHistoricalTick

from brokers.domain import (
    Bar,
    BarSize,
    BidAskTick,
    Depth,
    DepthLevel,
    HistoricalTick,
    MarketDataType,
    MidpointTick,
    Quote,
    SecurityType,
    Trade,
    TradeTick,
    WhatToShow,
)
from brokers.interactive_brokers.convert.numbers import price, quantity, to_decimal, to_utc

# IB's numbers on the wire, in both directions.
MARKET_DATA_TYPES = {
    1: MarketDataType.LIVE,
    2: MarketDataType.FROZEN,
    3: MarketDataType.DELAYED,
    4: MarketDataType.DELAYED_FROZEN,
}
MARKET_DATA_NUMBERS = {kind: number for number, kind in MARKET_DATA_TYPES.items()}

# One row of a book as IB tells it: price, size, market maker.
BookRow = tuple[float, float, str]
# A 5-second bar as IB tells it: its start in seconds since 1970, open, high, low, close, volume, wap, count.
SaidBar = tuple[int, float, float, float, float, float, float, int]


def has_trades(security_type: SecurityType) -> bool:
    """A currency pair has quotes alone; what was last dealt in it is told to nobody."""
    return security_type is not SecurityType.CASH


def market_data_type(number: int) -> MarketDataType | None:
    """None for a number that IB has not given a meaning, and for 0, which stands for "not said yet"."""
    return MARKET_DATA_TYPES.get(number)


def quote(ticker: Ticker, *, con_id: int, security_type: SecurityType, received_at: datetime) -> Quote:
    """The ticker's newest values. A currency pair has no trades, so it has no last.

    Raises ValueError while IB hasn't said of what kind they are: a quote isn't called live on a guess.
    """
    kind = market_data_type(ticker.marketDataType)
    if kind is None:
        raise ValueError(f"IB has not said of what kind this quote of {con_id} is")
    trades = has_trades(security_type)
    return Quote(
        con_id=con_id,
        at=to_utc(received_at),
        market_data_type=kind,
        bid=price(ticker.bid),
        bid_size=quantity(ticker.bidSize) if price(ticker.bid) is not None else None,
        ask=price(ticker.ask),
        ask_size=quantity(ticker.askSize) if price(ticker.ask) is not None else None,
        last=price(ticker.last) if trades else None,
        last_size=quantity(ticker.lastSize) if trades and price(ticker.last) is not None else None,
        close=price(ticker.close),
        open=price(ticker.open),
        high=price(ticker.high),
        low=price(ticker.low),
        volume=quantity(ticker.volume) if trades else None,
        implied_volatility=_by_model(ticker.modelGreeks, "impliedVol"),
        delta=_by_model(ticker.modelGreeks, "delta"),
    )


def _by_model(greeks: OptionComputation | None, name: str) -> Decimal | None:
    """Computed by IB, so its digits behind the sixth say nothing. What can't be computed comes as -1 or -2."""
    said = to_decimal(getattr(greeks, name)) if greeks is not None else None
    is_unset = said is None or (name == "impliedVol" and said <= 0) or said <= -2
    return None if said is None or is_unset else to_decimal(str(round(said, 6)))


def trade(
    said_price: float, size: float, *, con_id: int, at: datetime, kind: MarketDataType, exchange: str = ""
) -> Trade:
    """A size of 0 is one that IB didn't give. Raises ValueError for a trade without a price."""
    return Trade(
        con_id=con_id,
        at=to_utc(at),
        price=_needed(said_price),
        size=quantity(size) or None,
        market_data_type=kind,
        exchange=exchange,
    )


def depth(bids: Iterable[BookRow], asks: Iterable[BookRow], *, con_id: int, received_at: datetime) -> Depth:
    """A row without a price or a size (0 is none) is left out. The best price comes first."""
    return Depth(
        con_id=con_id,
        at=to_utc(received_at),
        bids=tuple(sorted(_levels(bids), key=lambda level: level.price, reverse=True)),
        asks=tuple(sorted(_levels(asks), key=lambda level: level.price)),
    )


def _levels(rows: Iterable[BookRow]) -> list[DepthLevel]:
    levels = ((to_decimal(at), quantity(size), maker) for at, size, maker in rows)
    return [
        DepthLevel(price=at, size=size, market_maker=maker) for at, size, maker in levels if at is not None and size
    ]


def five_second_bar(said: SaidBar, *, con_id: int, what_to_show: WhatToShow) -> Bar:
    """Complete as it comes. Raises ValueError for one that lacks a price."""
    start, open_, high, low, close, volume, wap, count = said
    return _bar(
        (open_, high, low, close),
        con_id=con_id,
        at=datetime.fromtimestamp(start, UTC),
        traded=(volume, wap, count),
        bar_size=BarSize.SECONDS_5,
        what_to_show=what_to_show,
        is_complete=True,
    )


def bar(
    said: BarData,
    *,
    con_id: int,
    bar_size: BarSize,
    what_to_show: WhatToShow,
    time_zone: str | None,
    known_until: datetime,
) -> Bar:
    """`known_until` is how far IB's knowledge reached: a bar that ends later is not complete.

    Raises ValueError for one that lacks a price.
    """
    at = bar_start(said.date, time_zone=time_zone)
    return _bar(
        (said.open, said.high, said.low, said.close),
        con_id=con_id,
        at=at,
        traded=(said.volume, said.average, said.barCount),
        bar_size=bar_size,
        what_to_show=what_to_show,
        is_complete=at + bar_size.length <= known_until,
    )


def bar_start(said: date | datetime, *, time_zone: str | None) -> datetime:
    """Of a bar of a day or longer IB tells the date alone: it begins at midnight in the instrument's own zone."""
    zone = ZoneInfo(time_zone) if time_zone else UTC
    if isinstance(said, datetime):
        return to_utc(said, zone=zone)
    return datetime(said.year, said.month, said.day, tzinfo=zone).astimezone(UTC)


def _bar(
    prices: tuple[float, float, float, float],
    *,
    con_id: int,
    at: datetime,
    traded: tuple[float, float, int],
    bar_size: BarSize,
    what_to_show: WhatToShow,
    is_complete: bool,
) -> Bar:
    open_, high, low, close = (_needed(one) for one in prices)
    volume, wap, count = _traded(*traded) if what_to_show in _MADE_OF_TRADES else (None, None, None)
    return Bar(
        con_id=con_id,
        at=at,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        wap=wap,
        trades=count,
        is_complete=is_complete,
        bar_size=bar_size,
        what_to_show=what_to_show,
    )


# Only these have a volume; for the others IB fills it with -1 or 0.
_MADE_OF_TRADES = (WhatToShow.TRADES, WhatToShow.ADJUSTED_LAST)


def _traded(volume: float, wap: float, count: int) -> tuple[Decimal | None, Decimal | None, int | None]:
    """-1 means that IB doesn't say, and without a volume there is no average price."""
    traded = quantity(volume)
    return traded, to_decimal(wap) if traded else None, count if count >= 0 else None


def _needed(said: float) -> Decimal:
    number = to_decimal(said)
    if number is None:
        raise ValueError(f"{said} is no price")
    return number


def past_tick(said: IbHistoricalTick | HistoricalTickBidAsk | HistoricalTickLast, *, con_id: int) -> HistoricalTick:
    """Raises ValueError for a trade or a midpoint without a price."""
    if isinstance(said, HistoricalTickLast):
        return TradeTick(
            con_id=con_id,
            at=to_utc(said.time),
            price=_needed(said.price),
            size=quantity(said.size),
            exchange=said.exchange,
            conditions=said.specialConditions.strip(),
            is_unreported=said.tickAttribLast.unreported,
        )
    if isinstance(said, HistoricalTickBidAsk):
        bid, ask = price(said.priceBid), price(said.priceAsk)
        return BidAskTick(
            con_id=con_id,
            at=to_utc(said.time),
            bid=bid,
            bid_size=quantity(said.sizeBid) if bid is not None else None,
            ask=ask,
            ask_size=quantity(said.sizeAsk) if ask is not None else None,
        )
    return MidpointTick(con_id=con_id, at=to_utc(said.time), price=_needed(said.price))
