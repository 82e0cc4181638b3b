"""The orders that this gateway knows, open and done, and what was executed of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from brokers.simulator.listings import Instrument
from brokers.simulator.order_message import OrderMessage
from brokers.simulator.wire import decimal, flag, plain

SUBMITTED = "Submitted"
FILLED = "Filled"
CANCELLED = "Cancelled"
INACTIVE = "Inactive"

ZERO = Decimal(0)


@dataclass(slots=True)
class Order:
    """One broker order. `status` is IB's word; empty until the broker has taken or refused it."""

    message: OrderMessage
    instrument: Instrument
    exchange: str
    client_id: int
    perm_id: int
    account: str
    status: str = ""
    filled: Decimal = ZERO
    average_price: Decimal = ZERO
    last_price: Decimal = ZERO
    commission: Decimal = ZERO
    done_at: datetime | None = None
    completed_status: str = ""

    @property
    def order_id(self) -> int:
        return self.message.order_id

    @property
    def side(self) -> str:
        return self.message.terms["action"]

    @property
    def sign(self) -> int:
        return 1 if self.side == "BUY" else -1

    @property
    def order_type(self) -> str:
        return self.message.terms["orderType"]

    @property
    def time_in_force(self) -> str:
        return self.message.terms["tif"]

    @property
    def order_ref(self) -> str:
        return self.message.terms["orderRef"]

    @property
    def quantity(self) -> Decimal:
        return quantity_of(self.message)

    @property
    def limit_price(self) -> Decimal | None:
        return limit_price_of(self.message)

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status == SUBMITTED

    def fill(self, *, quantity: Decimal, price: Decimal, at: datetime) -> None:
        value = self.average_price * self.filled + price * quantity
        self.filled += quantity
        self.average_price = value / self.filled
        self.last_price = price
        if not self.remaining:
            self.finish(FILLED, f"Filled Size: {plain(self.filled)}", at=at)

    def finish(self, status: str, completed_status: str, *, at: datetime) -> None:
        self.status = status
        self.completed_status = completed_status
        self.done_at = at


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of an order. `quantity` is positive; `cumulative` and `average_price` are the order's after it."""

    exec_id: str
    order: Order = field(repr=False)
    quantity: Decimal
    price: Decimal
    exchange: str
    at: datetime
    cumulative: Decimal
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class Commission:
    """What an execution cost. `realized_pnl` is None for one that only opened a position."""

    exec_id: str
    amount: Decimal
    currency: str
    realized_pnl: Decimal | None


def quantity_of(message: OrderMessage) -> Decimal:
    return decimal(message.terms["totalQuantity"]) or ZERO


def limit_price_of(message: OrderMessage) -> Decimal | None:
    """None for an order without one, whatever stands in the field."""
    return decimal(message.terms["lmtPrice"]) if message.terms["orderType"] == "LMT" else None


def is_what_if(message: OrderMessage) -> bool:
    return flag(message.terms["whatIf"])


def is_transmitted(message: OrderMessage) -> bool:
    return flag(message.terms["transmit"])


class OrderBook:
    """Orders by the id that their client gave them. An order id belongs to its client, a perm id to nobody."""

    def __init__(self) -> None:
        self._orders: dict[tuple[int, int], Order] = {}
        self._open: dict[int, Order] = {}
        self.executions: list[Execution] = []
        self.commissions: dict[str, Commission] = {}

    def track(self, order: Order) -> None:
        """Takes note of an order and of its status as it is now."""
        self._orders[order.client_id, order.order_id] = order
        if order.is_open:
            self._open[order.perm_id] = order
        else:
            self._open.pop(order.perm_id, None)

    def get(self, client_id: int, order_id: int) -> Order | None:
        return self._orders.get((client_id, order_id))

    def open(self, *, client_id: int | None = None, con_id: int | None = None) -> list[Order]:
        """Open orders, oldest first: everybody's, or one client's, or those on one instrument."""
        return [
            order
            for order in self._open.values()
            if client_id in (None, order.client_id) and con_id in (None, order.instrument.con_id)
        ]

    def completed(self, *, since: datetime) -> list[Order]:
        return [order for order in self._orders.values() if order.done_at is not None and order.done_at >= since]

    def next_order_id(self, client_id: int) -> int:
        return max((order_id for client, order_id in self._orders if client == client_id), default=0) + 1
