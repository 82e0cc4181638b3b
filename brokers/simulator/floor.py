"""Where orders meet the market. Each step is written down before anyone hears of it.

This market never closes, so that a demo works at night: an order for the day lives as long as one until cancelled.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from brokers.simulator.booking import Books
from brokers.simulator.identity import Identity
from brokers.simulator.ledger import Ledger
from brokers.simulator.ledger_rows import commission_row, execution_row, status_row
from brokers.simulator.market import Market, Quote
from brokers.simulator.matching import DisplayedSize, crossing_price
from brokers.simulator.orders import CANCELLED, Commission, Execution, Order, OrderBook
from brokers.simulator.whatif import Preview


class OrderListener(Protocol):
    """Who is told what happens to orders, in the order in which it happens."""

    def order_changed(self, order: Order) -> None: ...

    def status_changed(self, order: Order) -> None: ...

    def previewed(self, order: Order, preview: Preview) -> None: ...

    def executed(self, execution: Execution) -> None: ...

    def charged(self, execution: Execution, commission: Commission) -> None: ...

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None: ...


class Floor:
    def __init__(
        self,
        *,
        market: Market,
        orders: OrderBook,
        books: Books,
        ledger: Ledger,
        identity: Identity,
        listener: OrderListener,
    ) -> None:
        self._market = market
        self._orders = orders
        self._books = books
        self._ledger = ledger
        self._identity = identity
        self._listener = listener
        self._displayed = DisplayedSize()
        market.watch(self._step)

    def work(self, order: Order) -> None:
        """Puts an order (a new one, or new terms) on the market; it trades at once or rests."""
        self.note(order)
        self._listener.order_changed(order)
        self._match(order)
        if order.is_open and order.time_in_force == "IOC":
            self.cancel(order, "")

    def note(self, order: Order) -> None:
        self._orders.track(order)
        self._ledger.write("status", **status_row(order))

    def cancel(self, order: Order, reason: str) -> None:
        order.finish(CANCELLED, "Cancelled by Trader", at=datetime.now(UTC))
        self.note(order)
        self._listener.status_changed(order)
        self._listener.noticed(order.client_id, order.order_id, 202, f"Order Canceled - reason:{reason}")

    def _step(self, con_id: int, _before: Quote, _now: Quote) -> None:
        self._displayed.renew(con_id)
        for order in self._orders.open(con_id=con_id):
            self._match(order)

    def _match(self, order: Order) -> None:
        quote = self._market.quote(order.instrument.con_id)
        price = crossing_price(order, quote)
        if price is None:
            return
        quantity = self._displayed.take(order, quote)
        if not quantity:
            return
        execution = self._books.fill(
            order,
            exec_id=self._identity.next_exec_id(),
            quantity=quantity,
            price=price,
            exchange=_executing_exchange(order),
            at=datetime.now(UTC),
        )
        self._report(execution)

    def _report(self, execution: Execution) -> None:
        commission = self._books.charge(execution)
        self._ledger.write("execution", **execution_row(execution))
        self._ledger.write("commission", **commission_row(commission))
        self._ledger.write("status", **status_row(execution.order))
        self._listener.executed(execution)
        self._listener.order_changed(execution.order)
        self._listener.charged(execution, commission)


def _executing_exchange(order: Order) -> str:
    """SMART is a router: an execution names the exchange that it came from, and Nasdaq's is called ISLAND."""
    if order.exchange != "SMART":
        return order.exchange
    listed = order.instrument.primary_exchange
    return "ISLAND" if listed == "NASDAQ" else listed
