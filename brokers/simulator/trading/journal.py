"""What happens to orders, written down before anyone hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from brokers.simulator.accounts.booking import Books
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.order import CANCELLED, INACTIVE, Commission, Execution, LegFill, Order
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import Ledger
from brokers.simulator.records.rows import commission_row, execution_row, refusal_row, status_row
from brokers.simulator.trading.whatif import Preview


class OrderListener(Protocol):
    """Who is told what happens to orders, in the order in which it happens."""

    def order_changed(self, order: Order) -> None: ...

    def status_changed(self, order: Order) -> None: ...

    def previewed(self, order: Order, preview: Preview) -> None: ...

    def bound(self, order: Order) -> None: ...

    def executed(self, execution: Execution) -> None: ...

    def charged(self, execution: Execution, commission: Commission) -> None: ...

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None: ...


class Journal:
    def __init__(
        self,
        *,
        calendar: Calendar,
        orders: OrderBook,
        books: Books,
        ledger: Ledger,
        identity: Identity,
        listener: OrderListener,
    ) -> None:
        self._calendar = calendar
        self._orders = orders
        self._books = books
        self._ledger = ledger
        self._identity = identity
        self._listener = listener

    def note(self, order: Order) -> None:
        self._orders.track(order)
        self._ledger.write("status", **status_row(order))

    def change(self, order: Order) -> None:
        self.note(order)
        self._listener.order_changed(order)

    def notice(self, order: Order, code: int, text: str) -> None:
        """Says something about an order; of one without an id there is no way to."""
        if order.order_id:
            self._listener.noticed(order.client_id, order.order_id, code, text)

    def cancel(self, order: Order, *, reason: str, completed: str) -> None:
        order.finish(CANCELLED, completed, at=self._calendar.now())
        self.note(order)
        self._listener.status_changed(order)
        self.notice(order, 202, f"Order Canceled - reason:{reason}")

    def turn_away(self, order: Order, code: int, text: str) -> None:
        """IB takes an order for a moment and turns it down: it has a perm id, and ends as Inactive."""
        order.finish(INACTIVE, "Inactive", at=self._calendar.now())
        self._ledger.write("refusal", **refusal_row(order.client_id, order.perm_id, order.message, code, text))
        self.note(order)
        self.notice(order, code, text)
        self._listener.order_changed(order)

    def execute(
        self, order: Order, *, quantity: Decimal, price: Decimal, exchange: str, legs: Sequence[LegFill] = ()
    ) -> None:
        exec_id, at = self._identity.next_exec_id(), self._calendar.now()
        whole = self._books.fill(order, exec_id=exec_id, quantity=quantity, price=price, exchange=exchange, at=at)
        parts = [
            self._books.fill_leg(order, fill, exec_id=self._identity.of_leg(exec_id, number), at=at)
            for number, fill in enumerate(legs, 1)
        ]
        self._report(order, whole, parts)

    def correct(self, execution: Execution, price: Decimal) -> Execution:
        correction, commission = self._books.correct(
            execution, exec_id=self._identity.corrected(execution.exec_id), price=price, at=self._calendar.now()
        )
        self._ledger.write("execution", **execution_row(correction), corrects=execution.exec_id)
        self._ledger.write("commission", **commission_row(commission))
        self._listener.executed(correction)
        self._listener.charged(correction, commission)
        return correction

    def _report(self, order: Order, whole: Execution, parts: Sequence[Execution]) -> None:
        """A combination's legs are what is paid for; without legs, it's the whole."""
        charged = [(execution, self._books.charge(execution)) for execution in parts or (whole,)]
        for execution in (whole, *parts):
            self._ledger.write("execution", **execution_row(execution))
        for _, commission in charged:
            self._ledger.write("commission", **commission_row(commission))
        self._ledger.write("status", **status_row(order))
        for execution in (whole, *parts):
            self._listener.executed(execution)
        self._listener.order_changed(order)
        for execution, commission in charged:
            self._listener.charged(execution, commission)
