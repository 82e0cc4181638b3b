"""The words that cross between the broker and everything else.

Money, prices and sizes are `Decimal`; times are aware and in UTC; what the broker left unset is `None`, never a
sentinel and never zero. Instances are frozen, so a value that was handed over can't change behind its reader.
Standard library alone: the web process imports this module and nothing else of `brokers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


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
    MKT = "MKT"
    LMT = "LMT"


class TimeInForce(StrEnum):
    DAY = "DAY"
    GTC = "GTC"


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


@dataclass(frozen=True, slots=True)
class Instrument:
    """One qualified IB contract. `con_id` is unique and belongs to no tenant.

    `price_increment` is the coarsest truth that a list needs; the rule that an order must meet can depend on its
    price. `time_zone` is an IANA name, or None when IB gave none that is known.
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
class OrderRequest:
    """One order to be sent, once. `client_order_id` travels as IB's `orderRef` and is how it is found again."""

    client_order_id: str
    account_code: str
    con_id: int
    side: OrderSide
    order_type: OrderType
    quantity: Decimal
    time_in_force: TimeInForce
    limit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the broker said of one order. `order_ref` is empty and `order_id` 0 or negative for one placed elsewhere.

    `perm_id` is None until the broker has given one. `reason` is IB's own text with its code, where there was one.
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
    average_fill_price: Decimal | None = None
    reason: str = ""
    reason_code: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """One execution. `quantity` is positive; `side` gives the direction. `at` is the exchange's time, in UTC."""

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
