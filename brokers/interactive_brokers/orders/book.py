"""The session's book of orders: which of them IB means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from brokers.domain import OrderSide
from brokers.interactive_brokers.orders.record import OrderRecord

# "There is a limit of 20 active orders per contract, side and account": IB counts both directions apart.
MOST_ACTIVE = 20


class OrderBook:
    """One record for each of the broker's orders: two can stand behind one `order_ref` after a modify in an outage.

    An order id is trusted only while nothing contradicts it, since a gateway can hand one out again after a restart.
    """

    def __init__(self) -> None:
        self._by_ref: defaultdict[str, list[OrderRecord]] = defaultdict(list)
        self._by_perm_id: dict[int, OrderRecord] = {}
        self._by_order_id: dict[tuple[int, int], OrderRecord] = {}
        self._records: dict[OrderRecord, None] = {}  # in the order in which they came

    def __iter__(self) -> Iterator[OrderRecord]:
        return iter(self._records)

    def add(self, record: OrderRecord) -> OrderRecord:
        self._records[record] = None
        if record.order_ref and record not in self._by_ref[record.order_ref]:
            self._by_ref[record.order_ref].append(record)
        if record.order_id > 0:
            self._by_order_id[record.client_id, record.order_id] = record
        if record.perm_id is not None:
            self._by_perm_id[record.perm_id] = record
        return record

    def remove(self, record: OrderRecord) -> None:
        """Forgets an order that was never sent."""
        del self._records[record]
        self._by_ref[record.order_ref].remove(record)
        self._by_order_id.pop((record.client_id, record.order_id), None)

    def begin_connection(self) -> None:
        for record in self._records:
            record.begin_connection()

    @property
    def highest_order_id(self) -> int:
        return max((order_id for _, order_id in self._by_order_id), default=0)

    def active(self, *, account_code: str, con_id: int, side: OrderSide) -> int:
        """How many orders IB has of that contract, side and account, as far as is known."""
        wanted = (account_code, con_id, side)
        return sum(one.is_active and (one.account_code, one.con_id, one.terms.side) == wanted for one in self._records)

    def bind(self, record: OrderRecord, perm_id: int | None) -> None:
        if perm_id is not None:
            record.perm_id = perm_id
            self._by_perm_id[perm_id] = record

    def by_ref(self, order_ref: str) -> OrderRecord | None:
        """The newest that isn't over, or else the newest."""
        found = self.all_by_ref(order_ref)
        alive = [record for record in found if not record.status.is_final]
        return next(reversed(alive or found), None)

    def all_by_ref(self, order_ref: str) -> list[OrderRecord]:
        return list(self._by_ref.get(order_ref, ())) if order_ref else []

    def of_report(self, *, order_ref: str, perm_id: int | None, client_id: int, order_id: int) -> OrderRecord | None:
        """By `perm_id`; for an order that IB gave none yet, by `order_ref`, and by its id when it has no ref."""
        if perm_id is not None and perm_id in self._by_perm_id:
            return self._by_perm_id[perm_id]
        named = self._by_order_id.get((client_id, order_id))
        if perm_id is None and named is not None and named.order_ref == order_ref:
            return named
        unbound = [record for record in self.all_by_ref(order_ref) if record.perm_id is None]
        if unbound:
            return unbound[-1]
        return named if named is not None and named.order_ref == order_ref and named.perm_id is None else None

    def of_execution(self, *, order_ref: str, perm_id: int | None, client_id: int, order_id: int) -> OrderRecord | None:
        """By `perm_id`, by `order_ref`, and by the order id only where none of these says otherwise."""
        found = self.of_report(order_ref=order_ref, perm_id=perm_id, client_id=client_id, order_id=order_id)
        if found is not None or order_ref:
            return found
        return self.by_broker(perm_id=perm_id, client_id=client_id, order_id=order_id)

    def by_broker(self, *, perm_id: int | None, client_id: int, order_id: int) -> OrderRecord | None:
        """For a message that carries no reference."""
        if perm_id is not None and perm_id in self._by_perm_id:
            return self._by_perm_id[perm_id]
        record = self._by_order_id.get((client_id, order_id))
        if record is None or (perm_id is not None and record.perm_id not in (None, perm_id)):
            return None
        return record

    def by_order_id(self, client_id: int, order_id: int) -> OrderRecord | None:
        return self._by_order_id.get((client_id, order_id))
