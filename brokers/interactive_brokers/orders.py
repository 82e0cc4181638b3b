"""The session's book of orders: what IB has said of each, in IB's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokers.domain import OrderRequest, OrderSide, OrderStatus, OrderUpdate
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.errors import Context

# IB's words -> ours. `Inactive` isn't here: it may be a reject, and may be an order that waits (`whyHeld`: locate).
_STATUSES = {
    "ApiPending": OrderStatus.SUBMITTED,
    "PendingSubmit": OrderStatus.SUBMITTED,
    "PreSubmitted": OrderStatus.SUBMITTED,
    "Submitted": OrderStatus.SUBMITTED,
    "PendingCancel": OrderStatus.SUBMITTED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "ApiCancelled": OrderStatus.CANCELLED,
}
_ALIVE = frozenset({"PreSubmitted", "Submitted", "PendingCancel", "Filled"})


@dataclass(slots=True)
class OrderRecord:
    """One order as far as IB has told of it. `ib_status` is empty until IB gave a word."""

    order_ref: str
    client_id: int
    order_id: int
    account_code: str
    con_id: int
    side: OrderSide
    order_type: str
    quantity: Decimal
    time_in_force: str
    limit_price: Decimal | None = None
    perm_id: int | None = None
    status: OrderStatus = OrderStatus.PENDING
    ib_status: str = ""
    filled_quantity: Decimal = Decimal(0)
    average_fill_price: Decimal | None = None
    reason: str = ""
    reason_code: int | None = None
    alive: bool = False  # IB has said that it works the order
    cancel_sent: bool = False

    @property
    def contexts(self) -> list[Context]:
        """What a message about this order can be about, the likeliest first."""
        standing = Context.LIVE if self.alive else Context.NEW
        return [Context.CANCEL, standing] if self.cancel_sent else [standing]

    def apply_word(self, word: str) -> None:
        """IB's own status. An unknown word is kept and changes nothing of ours."""
        if not word:
            return
        self.ib_status = word
        self.alive = self.alive or word in _ALIVE
        if self.status in (OrderStatus.FILLED, OrderStatus.CANCELLED):
            return
        self.status = self._reading(word)
        if word == "Filled":
            self.filled_quantity = max(self.filled_quantity, self.quantity)

    def apply_fill(self, filled: Decimal | None, average: Decimal | None) -> bool:
        """What has been filled in all, and at which price on average. Whether that was news: it never shrinks."""
        if filled is None or filled < self.filled_quantity:
            return False
        news = filled > self.filled_quantity or (average is not None and self.average_fill_price is None)
        self.filled_quantity = filled
        self.average_fill_price = average or self.average_fill_price
        if filled >= self.quantity > 0 and not self.status.is_final:
            self.status = OrderStatus.FILLED
        return news

    def _reading(self, word: str) -> OrderStatus:
        refused = self.reason_code in errors.REJECTING_CODES
        if word == "Inactive":
            return OrderStatus.REJECTED if refused else OrderStatus.SUBMITTED
        if self.status is OrderStatus.REJECTED and _STATUSES.get(word) is OrderStatus.CANCELLED:
            return OrderStatus.REJECTED  # IB puts a rejected order away as cancelled
        return _STATUSES.get(word, self.status)

    def begin_cancel(self) -> None:
        """What was said of an earlier cancel is no answer to this one."""
        self.cancel_sent = True
        self.reason, self.reason_code = "", None

    def end(self, status: OrderStatus) -> None:
        """By one of IB's codes; what has ended already stays as it ended."""
        if not self.status.is_final:
            self.status = status

    def give_reason(self, code: int, text: str) -> None:
        self.reason, self.reason_code = errors.as_reason(code, text), code

    def as_update(self, at: datetime) -> OrderUpdate:
        return OrderUpdate(
            order_ref=self.order_ref,
            perm_id=self.perm_id,
            order_id=self.order_id,
            account_code=self.account_code,
            con_id=self.con_id,
            side=self.side,
            order_type=self.order_type,
            quantity=self.quantity,
            time_in_force=self.time_in_force,
            status=self.status,
            ib_status=self.ib_status,
            filled_quantity=self.filled_quantity,
            at=at,
            limit_price=self.limit_price,
            average_fill_price=self.average_fill_price,
            reason=self.reason,
            reason_code=self.reason_code,
        )


def record_of(request: OrderRequest, *, client_id: int, order_id: int) -> OrderRecord:
    """An order that is about to be sent."""
    return OrderRecord(
        order_ref=request.client_order_id,
        client_id=client_id,
        order_id=order_id,
        account_code=request.account_code,
        con_id=request.con_id,
        side=request.side,
        order_type=request.order_type.value,
        quantity=request.quantity,
        time_in_force=request.time_in_force.value,
        limit_price=request.limit_price,
    )


class OrderBook:
    """One record for each of the broker's orders: two can stand behind one `order_ref` after a modify in an outage.

    An order id is trusted only while nothing contradicts it, since a gateway can hand one out again after a restart.
    """

    def __init__(self) -> None:
        self._by_ref: dict[str, OrderRecord] = {}
        self._by_perm_id: dict[int, OrderRecord] = {}
        self._by_order_id: dict[tuple[int, int], OrderRecord] = {}

    def add(self, record: OrderRecord) -> OrderRecord:
        earlier = self._by_ref.get(record.order_ref)
        if record.order_ref and (earlier is None or earlier.status.is_final):
            self._by_ref[record.order_ref] = record
        if record.order_id > 0:
            self._by_order_id[record.client_id, record.order_id] = record
        if record.perm_id is not None:
            self._by_perm_id[record.perm_id] = record
        return record

    def remove(self, record: OrderRecord) -> None:
        """Forgets an order that was never sent."""
        self._by_ref.pop(record.order_ref, None)
        self._by_order_id.pop((record.client_id, record.order_id), None)

    @property
    def highest_order_id(self) -> int:
        return max((order_id for _, order_id in self._by_order_id), default=0)

    def bind(self, record: OrderRecord, perm_id: int | None) -> None:
        if perm_id is not None:
            record.perm_id = perm_id
            self._by_perm_id[perm_id] = record

    def by_ref(self, order_ref: str) -> OrderRecord | None:
        """The newest that isn't over, or else the newest."""
        return self._by_ref.get(order_ref) if order_ref else None

    def of_report(self, *, order_ref: str, perm_id: int | None, client_id: int, order_id: int) -> OrderRecord | None:
        """By `perm_id`; for an order that IB gave none yet, by `order_ref`, and by its id when it has no ref."""
        if perm_id is not None and perm_id in self._by_perm_id:
            return self._by_perm_id[perm_id]
        record = self.by_ref(order_ref) or self._by_order_id.get((client_id, order_id))
        if record is None or record.order_ref != order_ref or record.perm_id is not None:
            return None
        return record

    def by_broker(self, *, perm_id: int | None, client_id: int, order_id: int) -> OrderRecord | None:
        if perm_id is not None and perm_id in self._by_perm_id:
            return self._by_perm_id[perm_id]
        record = self._by_order_id.get((client_id, order_id))
        if record is None or (perm_id is not None and record.perm_id not in (None, perm_id)):
            return None
        return record

    def by_order_id(self, client_id: int, order_id: int) -> OrderRecord | None:
        return self._by_order_id.get((client_id, order_id))
