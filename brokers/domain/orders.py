"""What is asked of a broker, and what the broker says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from brokers.domain.instruments import OrderSide


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
    """An entry with its ways out, which IB activates once the entry is filled; the first to fill cancels the other.

    https://interactivebrokers.github.io/tws-api/bracket_order.html. Both, or one of them, of the other side and of the
    entry's quantity; their `parent_client_order_id` may be left empty.
    """

    entry: OrderRequest
    take_profit: OrderRequest | None = None
    stop_loss: OrderRequest | None = None


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


class Unsent(StrEnum):
    """What never left, not a byte of it, though a call had taken it to be sent.

    ORDER: the order is over; CANCELLED when that was asked, or else REJECTED. CHANGE: the order keeps its terms.
    CANCEL: the order is what it was.
    """

    ORDER = "ORDER"
    CHANGE = "CHANGE"
    CANCEL = "CANCEL"


class Attempt(StrEnum):
    """What is attempted with an order that IB has, and may be refused while the order itself stays what it was."""

    CHANGE = "CHANGE"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the broker said of one order. `order_ref` is empty and `order_id` 0 or negative for one placed elsewhere.

    `perm_id` is None until the broker has given one. `reason` is IB's own text with its code, where there was one.
    Its terms are named as in OrderRequest, and are those that IB works by: a change counts once IB has taken it.
    With `refused`, the reason's code refuses a change, or a cancel, that is under way; where there is none, nothing.
    With `unsent`, it is our own word: that was withdrawn before it was sent, for the `reason`.
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
    refused: Attempt | None = None
    unsent: Unsent | None = None


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
