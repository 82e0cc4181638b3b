"""One broker order, what was executed of it, and what that cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokers.simulator.catalogue.combinations import Leg
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.orders import terms as order_terms
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.terms import ZERO
from brokers.simulator.wire import plain

PRE_SUBMITTED = "PreSubmitted"
SUBMITTED = "Submitted"
FILLED = "Filled"
CANCELLED = "Cancelled"
INACTIVE = "Inactive"


@dataclass(slots=True)
class Course:
    """How far an order has come, beyond what it asked for. The ledger keeps it, so that a restart goes on from here.

    `stop_price` is where a trailing stop stands now; `limit_price` the limit that the market made (of a trailing
    limit, or of a market-to-limit order after its first execution); `cap` the worst price that the broker lets it
    trade at. `hits` counts the prices in a row that met its trigger. `to_locate` is how many steps of the market the
    broker still looks for shares to lend. `due_at` is its auction, `expires_at` its end; both aware, in UTC.
    """

    is_elected: bool = False
    hits: int = 0
    stop_price: Decimal | None = None
    limit_price: Decimal | None = None
    cap: Decimal | None = None
    to_locate: int = 0
    due_at: datetime | None = None
    expires_at: datetime | None = None

    def as_row(self) -> dict[str, Any]:
        """Only what is not as it was at the beginning."""
        beginning = asdict(Course())
        return {name: value for name, value in asdict(self).items() if value != beginning[name]}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Course:
        course = cls(**row)
        course.stop_price, course.limit_price, course.cap = (
            Decimal(row[name]) if name in row else None for name in ("stop_price", "limit_price", "cap")
        )
        course.due_at, course.expires_at = (
            datetime.fromisoformat(row[name]) if name in row else None for name in ("due_at", "expires_at")
        )
        return course


@dataclass(frozen=True, slots=True)
class Part:
    """So much of one instrument; `change` is negative for a sale."""

    instrument: Instrument
    change: Decimal


@dataclass(slots=True)
class Order:
    """One broker order. `status` is IB's word; empty until the broker has taken or refused it.

    `asked` is the quantity that its client asked for, where a group has reduced it since.
    """

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
    done_at: datetime | None = None
    completed_status: str = ""
    why_held: str = ""
    warning: str = ""
    parent: Order | None = field(default=None, repr=False)
    course: Course = field(default_factory=Course)
    asked: Decimal | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def order_id(self) -> int:
        return self.message.order_id

    @property
    def con_ids(self) -> tuple[int, ...]:
        """The instruments whose prices it trades at."""
        return tuple(leg.instrument.con_id for leg in self.legs) or (self.instrument.con_id,)

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
        return order_terms.quantity_of(self.message)

    @property
    def asked_quantity(self) -> Decimal:
        return self.quantity if self.asked is None else self.asked

    @property
    def limit_price(self) -> Decimal | None:
        """The worst price that its client allows now; None for any."""
        made = self.course.limit_price
        return made if made is not None else order_terms.limit_price_of(self.message)

    @property
    def worst_price(self) -> Decimal | None:
        """The limit, or the broker's cap where that is tighter."""
        bounds = [price for price in (self.limit_price, self.course.cap) if price is not None]
        if not bounds:
            return None
        return min(bounds) if self.sign > 0 else max(bounds)

    @property
    def wakes(self) -> bool:
        """Whether it sleeps until the market meets its stop or touch price."""
        return self.order_type in order_terms.WAKENED

    @property
    def is_at_auction(self) -> bool:
        return self.order_type in order_terms.CLOSING or self.time_in_force == "OPG"

    @property
    def is_by_hand(self) -> bool:
        """Whether a person placed it, in TWS say: then its id, where it has one, was given to it later."""
        return self.order_id <= 0

    @property
    def waits_for_parent(self) -> bool:
        return self.parent is not None and self.parent.status != FILLED

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return bool(self.status) and self.done_at is None

    @property
    def oca_group(self) -> str:
        """The name of its group; orders attached to one parent are a group by themselves."""
        named = self.message.terms["ocaGroup"]
        return str(self.parent.perm_id) if self.parent is not None and not named else named

    @property
    def parts(self) -> list[Part]:
        """What of which instrument it would still add to positions: its own, or that of a combination's legs."""
        wanted = self.sign * self.remaining
        return [Part(leg.instrument, wanted * leg.weight) for leg in self.legs] or [Part(self.instrument, wanted)]

    def reduce_to(self, remaining: Decimal) -> None:
        """Leaves only so much to be filled: its group has traded the rest."""
        self.asked = self.asked_quantity
        self.message.terms["totalQuantity"] = plain(self.filled + remaining)

    def fill(self, *, quantity: Decimal, price: Decimal, at: datetime) -> None:
        value = self.average_price * self.filled + price * quantity
        self.filled += quantity
        self.average_price = value / self.filled
        self.last_price = price
        if not self.remaining:
            self.finish(FILLED, f"Filled Size: {plain(self.filled)}", at=at)

    def correct(self, *, quantity: Decimal, before: Decimal, after: Decimal) -> None:
        """One of its executions had another price."""
        self.average_price += (after - before) * quantity / self.filled
        self.last_price = after

    def finish(self, status: str, completed_status: str, *, at: datetime) -> None:
        self.status = status
        self.why_held = ""
        self.completed_status = completed_status
        self.done_at = at


@dataclass(frozen=True, slots=True)
class LegFill:
    """What one leg of a combination got."""

    leg: Leg
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of an order. `quantity` is positive; `cumulative` and `average_price` are the order's after it.

    A combination has one of its own and one for each `leg`; positions and money come from those of the legs alone.
    """

    exec_id: str
    order: Order = field(repr=False)
    quantity: Decimal
    price: Decimal
    exchange: str
    at: datetime
    cumulative: Decimal
    average_price: Decimal
    leg: Leg | None = None

    @property
    def instrument(self) -> Instrument:
        return self.order.instrument if self.leg is None else self.leg.instrument

    @property
    def sign(self) -> int:
        return self.order.sign if self.leg is None else self.order.sign * self.leg.sign

    @property
    def change(self) -> Decimal:
        """What it does to a position."""
        return self.sign * self.quantity

    @property
    def is_of_whole_combination(self) -> bool:
        return bool(self.order.legs) and self.leg is None


@dataclass(frozen=True, slots=True)
class Commission:
    """What an execution cost. `realized_pnl` is None for one that only opened a position."""

    exec_id: str
    amount: Decimal
    currency: str
    realized_pnl: Decimal | None
