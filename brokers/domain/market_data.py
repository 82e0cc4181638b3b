"""What the market says, now and before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

_BAR_UNITS = {
    "sec": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
}


class MarketDataType(StrEnum):
    """What kind of quote came, not what was asked for. IB's numbers are 1 to 4, in this order."""

    LIVE = "live"
    FROZEN = "frozen"
    DELAYED = "delayed"
    DELAYED_FROZEN = "delayed_frozen"


class BarSize(StrEnum):
    """IB's own words for how long a bar is: https://interactivebrokers.github.io/tws-api/historical_bars.html."""

    SECOND = "1 secs"
    SECONDS_5 = "5 secs"
    SECONDS_10 = "10 secs"
    SECONDS_15 = "15 secs"
    SECONDS_30 = "30 secs"
    MINUTE = "1 min"
    MINUTES_2 = "2 mins"
    MINUTES_3 = "3 mins"
    MINUTES_5 = "5 mins"
    MINUTES_10 = "10 mins"
    MINUTES_15 = "15 mins"
    MINUTES_20 = "20 mins"
    MINUTES_30 = "30 mins"
    HOUR = "1 hour"
    HOURS_2 = "2 hours"
    HOURS_3 = "3 hours"
    HOURS_4 = "4 hours"
    HOURS_8 = "8 hours"
    DAY = "1 day"
    WEEK = "1 week"
    MONTH = "1 month"

    @property
    def length(self) -> timedelta:
        """How long a bar is; a month counts as 31 days, its longest."""
        number, unit = self.value.split(" ")
        return int(number) * _BAR_UNITS[unit.rstrip("s")]


class WhatToShow(StrEnum):
    """What bars and past ticks are made of: IB's own words. What has no trades has MIDPOINT, BID and ASK alone."""

    TRADES = "TRADES"
    MIDPOINT = "MIDPOINT"
    BID = "BID"
    ASK = "ASK"
    BID_ASK = "BID_ASK"
    ADJUSTED_LAST = "ADJUSTED_LAST"


class StreamKind(StrEnum):
    """What of an instrument is streamed."""

    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest values of one instrument; a field that never came, or that IB withdrew (-1), is None.

    `at` is when this process received the newest of them. `open`, `high`, `low` and `volume` are the trading day's, as
    IB counts them: https://interactivebrokers.github.io/tws-api/tick_types.html. `implied_volatility` (a year's, 0.25
    for 25 percent) and `delta` are an option's by IB's model; they come with every move of its underlying, which makes
    its prices no newer.
    """

    con_id: int
    at: datetime
    market_data_type: MarketDataType
    bid: Decimal | None = None
    bid_size: Decimal | None = None
    ask: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    last_size: Decimal | None = None
    close: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None
    implied_volatility: Decimal | None = None
    delta: Decimal | None = None

    @property
    def mark(self) -> Decimal | None:
        """The last trade, or the middle of bid and ask for what has no trades (a currency pair)."""
        if self.last is not None:
            return self.last
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / 2

    @property
    def change(self) -> Decimal | None:
        """The mark less the previous close; None while either is unknown."""
        if self.mark is None or self.close is None:
            return None
        return self.mark - self.close


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade on the tape. `size` is None where IB gave none."""

    con_id: int
    at: datetime
    price: Decimal
    size: Decimal | None
    market_data_type: MarketDataType
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class DepthLevel:
    """One row of a book. `market_maker` is empty unless the book is by market maker."""

    price: Decimal
    size: Decimal
    market_maker: str = ""


@dataclass(frozen=True, slots=True)
class Depth:
    """The whole book as it stands, the best price first on each side."""

    con_id: int
    at: datetime
    bids: tuple[DepthLevel, ...]
    asks: tuple[DepthLevel, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """`at` is when it begins. `volume`, `wap` (volume-weighted average price) and `trades` are None where IB has none.

    A bar of a day or longer begins at midnight of its date in the instrument's time zone (in UTC while that is
    unknown). `is_complete` is False for the bar that is still being made. `bar_size` is how long it is, and
    `what_to_show` what it's made of.
    """

    con_id: int
    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None
    wap: Decimal | None = None
    trades: int | None = None
    is_complete: bool = True
    bar_size: BarSize = BarSize.SECONDS_5
    what_to_show: WhatToShow = WhatToShow.TRADES


@dataclass(frozen=True, slots=True)
class TradeTick:
    """A past trade. `at` is to the second, which is all that IB tells. `is_unreported`: not on the tape (a leg, say).

    `conditions` are the exchange's own letters.
    """

    con_id: int
    at: datetime
    price: Decimal
    size: Decimal | None
    exchange: str = ""
    conditions: str = ""
    is_unreported: bool = False


@dataclass(frozen=True, slots=True)
class BidAskTick:
    """Past bid and ask, to the second; a side that had none is None."""

    con_id: int
    at: datetime
    bid: Decimal | None
    bid_size: Decimal | None
    ask: Decimal | None
    ask_size: Decimal | None


@dataclass(frozen=True, slots=True)
class MidpointTick:
    """The past middle of bid and ask, to the second."""

    con_id: int
    at: datetime
    price: Decimal


HistoricalTick = TradeTick | BidAskTick | MidpointTick


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """Whether what a stream of one subscribed instrument last told can be relied on.

    `is_stale` is None when nobody knows: it's quiet, and whether it trades now isn't known. `reason` is a sentence for
    the user. `bar_size` and `what_to_show` say which bars; they're None for what is no bars.
    """

    con_id: int
    at: datetime
    is_stale: bool | None
    reason: str
    stream: StreamKind = StreamKind.QUOTES
    bar_size: BarSize | None = None
    what_to_show: WhatToShow | None = None
