"""The words that cross between the broker and everything else.

Money, prices and sizes are `Decimal`; times are aware and in UTC; what the broker left unset is `None`, never a
sentinel and never zero. Instances are frozen, so a value that was handed over can't change behind its reader.
Standard library alone: the web process imports this module and nothing else of `brokers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum


class SessionState(StrEnum):
    """Where one account's session stands. Every change is shown to the user with a reason."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    LOGGING_IN = "LOGGING_IN"
    TWO_FACTOR = "TWO_FACTOR"
    SYNCING = "SYNCING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    RESTARTING = "RESTARTING"
    AUTH_REQUIRED = "AUTH_REQUIRED"
    AUTH_FAILED = "AUTH_FAILED"
    COMPETING = "COMPETING"
    ERROR = "ERROR"

    @property
    def takes_orders(self) -> bool:
        """Whether orders may be sent. DEGRADED means that a data farm is down; orders go on."""
        return self in (SessionState.READY, SessionState.DEGRADED)

    @property
    def takes_cancels(self) -> bool:
        """Whether cancels may be sent. COMPETING costs the quotes alone, and no order may outlive its user's wish."""
        return self.takes_orders or self is SessionState.COMPETING


class TradingMode(StrEnum):
    PAPER = "paper"
    LIVE = "live"


class SecurityType(StrEnum):
    """IB's own codes."""

    STK = "STK"
    CASH = "CASH"
    CFD = "CFD"
    FUT = "FUT"
    OPT = "OPT"
    FOP = "FOP"
    BOND = "BOND"
    CRYPTO = "CRYPTO"
    IND = "IND"
    CMDTY = "CMDTY"
    CONTFUT = "CONTFUT"
    BAG = "BAG"
    FUND = "FUND"
    WAR = "WAR"


class OrderSide(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is OrderSide.BUY else -1


class OrderType(StrEnum):
    """IB's own codes: https://interactivebrokers.github.io/tws-api/basic_orders.html."""

    MKT = "MKT"
    LMT = "LMT"
    STP = "STP"
    STP_LMT = "STP LMT"
    TRAIL = "TRAIL"
    TRAIL_LIMIT = "TRAIL LIMIT"
    MIT = "MIT"
    LIT = "LIT"
    MTL = "MTL"
    MOC = "MOC"
    LOC = "LOC"


class TimeInForce(StrEnum):
    """IB's own codes. GTD needs a `good_till_date`; OPG takes part in the opening auction alone."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"
    OPG = "OPG"


class OcaType(IntEnum):
    """What a fill of one order does to the others of its group: IB's numbers.

    https://interactivebrokers.github.io/tws-api/oca.html
    """

    CANCEL_WITH_BLOCK = 1
    REDUCE_WITH_BLOCK = 2
    REDUCE_WITHOUT_BLOCK = 3


class Right(StrEnum):
    CALL = "C"
    PUT = "P"


class OrderStatus(StrEnum):
    """Our reading of an order. IB's own word is kept beside it, letter for letter.

    PENDING: written down, not yet known to the broker. UNKNOWN: it may or may not be at the broker; a person decides.
    """

    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    SUBMITTED = "SUBMITTED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"

    @property
    def is_final(self) -> bool:
        return self in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED)


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


_BAR_UNITS = {
    "sec": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
}


class WhatToShow(StrEnum):
    """What bars and past ticks are made of: IB's own words. What has no trades has MIDPOINT, BID and ASK alone."""

    TRADES = "TRADES"
    MIDPOINT = "MIDPOINT"
    BID = "BID"
    ASK = "ASK"
    BID_ASK = "BID_ASK"
    ADJUSTED_LAST = "ADJUSTED_LAST"


class StreamKind(StrEnum):
    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class PriceIncrement:
    """From `low_edge` upwards, the size of a price is a whole multiple of `increment`."""

    low_edge: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One market rule: the exchanges that it holds on, and its increments from the lowest edge upwards."""

    exchanges: tuple[str, ...]
    increments: tuple[PriceIncrement, ...]

    def increment_at(self, price: Decimal) -> Decimal:
        """The step at this price (at its size, for a negative one)."""
        fitting = [one for one in self.increments if one.low_edge <= abs(price)]
        return (fitting[-1] if fitting else self.increments[0]).increment


@dataclass(frozen=True, slots=True)
class TradingInterval:
    """A stretch in which an instrument trades. Aware, in UTC; `end` is no longer part of it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ComboLeg:
    """One leg of a BAG: how many of it for one of the combination."""

    con_id: int
    ratio: int
    side: OrderSide
    exchange: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One qualified IB contract. `con_id` is unique and belongs to no tenant.

    `price_increment` is IB's `minTick`, the finest step that any price of it can have. What an order's price has to
    meet is `increment_at`, since it depends on the exchange and on the price
    (https://interactivebrokers.github.io/tws-api/minimum_increment.html). `time_zone` is an IANA name, or None when IB
    gave none that is known. `expiry` is the last
    day on which it trades. `price_magnifier` is what a quoted price is divided by to get money of `currency` (100 for
    pence). A combination (BAG) has no contract id at IB: its `con_id` is negative and made of its `legs`.
    """

    con_id: int
    symbol: str
    local_symbol: str
    security_type: SecurityType
    exchange: str
    primary_exchange: str
    currency: str
    long_name: str
    price_increment: Decimal
    size_increment: Decimal
    min_size: Decimal
    multiplier: Decimal | None = None
    trading_class: str = ""
    valid_exchanges: tuple[str, ...] = ()
    time_zone: str | None = None
    price_rules: tuple[PriceRule, ...] = ()
    price_magnifier: int = 1
    contract_month: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    right: Right | None = None
    under_con_id: int | None = None
    isin: str = ""
    order_types: tuple[str, ...] = ()
    trading_hours: tuple[TradingInterval, ...] = ()
    liquid_hours: tuple[TradingInterval, ...] = ()
    legs: tuple[ComboLeg, ...] = ()

    def increment_at(self, price: Decimal, *, exchange: str | None = None) -> Decimal:
        """The step that an order at this price has to meet there; `exchange` is by default the instrument's own."""
        rule = self._rule_on(exchange or self.exchange)
        return rule.increment_at(price) if rule is not None else self.price_increment

    def _rule_on(self, exchange: str) -> PriceRule | None:
        return next((rule for rule in self.price_rules if exchange in rule.exchanges), None)

    @property
    def display_symbol(self) -> str:
        """`EUR.USD` for a currency pair, the symbol for a stock, IB's local symbol for what has an expiry."""
        if self.security_type is SecurityType.STK:
            return self.symbol
        return self.local_symbol or self.symbol


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest values of one instrument; a field that never came, or that IB withdrew (-1), is None.

    `at` is when this process received the newest of them.
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
    """A past trade. `at` is to the second, which is all that IB tells. `is_unreported`: not on the tape (a combo's leg).

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
    the user.
    """

    con_id: int
    at: datetime
    is_stale: bool | None
    reason: str
    stream: StreamKind = StreamKind.QUOTES


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order to be sent, once. `client_order_id` travels as IB's `orderRef` and is how it is found again.

    Which prices it has depends on its type:

    - LMT, LOC, STP LMT, LIT: `limit_price`.
    - STP, STP LMT, MIT, LIT: `stop_price`, the price that wakes it (IB's `auxPrice`).
    - TRAIL, TRAIL LIMIT: one of `trailing_amount` and `trailing_percent`; `trail_stop_price` is where the stop begins
      (None leaves that to IB). TRAIL LIMIT also needs `limit_price_offset`, from the stop to the limit.

    `good_till_date` (aware) belongs to GTD. `outside_rth`: also outside regular trading hours. An attached order names
    its `parent_client_order_id`. Orders of one `oca_group` cancel or reduce each other as `oca_type` says.
    """

    client_order_id: str
    account_code: str
    con_id: int
    side: OrderSide
    order_type: OrderType
    quantity: Decimal
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    good_till_date: datetime | None = None
    outside_rth: bool = False
    parent_client_order_id: str = ""
    oca_group: str = ""
    oca_type: OcaType | None = None


@dataclass(frozen=True, slots=True)
class BracketRequest:
    """An entry with its two ways out, which IB activates once the entry is filled; the first to fill cancels the other.

    https://interactivebrokers.github.io/tws-api/bracket_order.html. The two are of the other side and of the entry's
    quantity; their `parent_client_order_id` may be left empty.
    """

    entry: OrderRequest
    take_profit: OrderRequest
    stop_loss: OrderRequest


@dataclass(frozen=True, slots=True)
class OrderChange:
    """New terms for an order that IB works; what is None stays as it is. `quantity` counts what is filled already."""

    client_order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    time_in_force: TimeInForce | None = None
    good_till_date: datetime | None = None
    outside_rth: bool | None = None


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What IB worked out for an order that is never transmitted. Margins are in the account's base currency.

    `commission` is None where IB gives a range alone, `min_commission` to `max_commission`. `warning` is IB's own
    text.
    """

    initial_margin_change: Decimal | None
    maintenance_margin_change: Decimal | None
    equity_with_loan_change: Decimal | None
    initial_margin_after: Decimal | None
    maintenance_margin_after: Decimal | None
    equity_with_loan_after: Decimal | None
    commission: Decimal | None
    min_commission: Decimal | None
    max_commission: Decimal | None
    commission_currency: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the broker said of one order. `order_ref` is empty and `order_id` 0 or negative for one placed elsewhere.

    `perm_id` is None until the broker has given one. `reason` is IB's own text with its code, where there was one.
    Its terms are named as in OrderRequest, and are those that IB works by: a change counts once IB has taken it.
    """

    order_ref: str
    perm_id: int | None
    order_id: int
    account_code: str
    con_id: int
    side: OrderSide
    order_type: str
    quantity: Decimal
    time_in_force: str
    status: OrderStatus
    ib_status: str
    filled_quantity: Decimal
    at: datetime
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    average_fill_price: Decimal | None = None
    reason: str = ""
    reason_code: int | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    good_till_date: datetime | None = None
    outside_rth: bool = False
    oca_group: str = ""
    oca_type: OcaType | None = None
    parent_order_id: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """One execution. `quantity` is positive; `side` gives the direction. `at` is the exchange's time, in UTC.

    A correction repeats the `exec_id` with a higher last part (`.01` -> `.02`) and takes the earlier one's place.
    """

    exec_id: str
    order_ref: str
    perm_id: int | None
    account_code: str
    con_id: int
    side: OrderSide
    quantity: Decimal
    price: Decimal
    exchange: str
    at: datetime

    @property
    def execution_key(self) -> str:
        """The `exec_id` without its last part: the same for an execution and all of its corrections."""
        return self.exec_id.rpartition(".")[0] or self.exec_id

    @property
    def correction(self) -> int:
        """The last part of the `exec_id`: of two executions with one key, the higher holds. 0 when there is none."""
        last = self.exec_id.rpartition(".")[2]
        return int(last) if last.isdecimal() and last != self.exec_id else 0


@dataclass(frozen=True, slots=True)
class CommissionReport:
    """What an execution cost, in its own currency; positive is a cost. It comes after the execution, or never."""

    exec_id: str
    commission: Decimal
    currency: str
    realized_pnl: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """`quantity` is negative when short, and zero once closed."""

    account_code: str
    con_id: int
    quantity: Decimal
    average_cost: Decimal


@dataclass(frozen=True, slots=True)
class AccountValue:
    """One figure of IB's account summary. Its key is (account_code, tag, currency); BASE is a currency of its own."""

    account_code: str
    tag: str
    currency: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """Of one account, in its base currency, as of `at`; of one instrument in it when `con_id` is given.

    https://interactivebrokers.github.io/tws-api/pnl.html
    """

    account_code: str
    at: datetime
    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    con_id: int | None = None
    position: Decimal | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TradingPermission:
    """Whether this login may trade; `allowed` is None while nobody knows. `reason` is a sentence for the user."""

    allowed: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the gateway said and that changes no status by itself."""

    code: int
    message: str
    at: datetime
    order_ref: str = ""
    con_id: int | None = None
