"""What clients hear of orders. An order's own client hears of it, and nobody else.

One that a person placed by hand is client 0's: it hears of the executions, and of the order once that is bound to it.
"""

from __future__ import annotations

from brokers.simulator.clock import ib_time
from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.feeds.accounts import AccountFeed
from brokers.simulator.messages import executions
from brokers.simulator.messages import orders as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.orders.order import Commission, Execution, Order
from brokers.simulator.trading.whatif import Preview
from brokers.simulator.wire import Value


class OrderFeed:
    def __init__(self, sessions: Sessions, accounts: AccountFeed) -> None:
        self._sessions = sessions
        self._accounts = accounts

    def order_changed(self, order: Order) -> None:
        if not _is_told(order):
            return
        self._send(order, messages.open_order(order))
        self.status_changed(order)

    def status_changed(self, order: Order) -> None:
        if _is_told(order):
            self._send(order, messages.order_status(order))

    def previewed(self, order: Order, preview: Preview) -> None:
        self._send(order, messages.open_order(order, preview))

    def bound(self, order: Order) -> None:
        self._send(order, messages.order_bound(order))

    def executed(self, execution: Execution) -> None:
        self._send(execution.order, executions.execution_data(NO_REQUEST, execution, ib_time))

    def charged(self, execution: Execution, commission: Commission) -> None:
        self._send(execution.order, executions.commission_report(commission))
        self._accounts.position_changed(execution.order.account, execution.instrument)

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        session = self._sessions.get(client_id)
        if session is not None:
            session.error(order_id, code, text)

    def _send(self, order: Order, message: list[Value]) -> None:
        session = self._session_of(order)
        if session is not None:
            session.send(message)

    def _session_of(self, order: Order) -> Session | None:
        return self._sessions.get(order.client_id)


def _is_told(order: Order) -> bool:
    """An order without an id is nobody's to hear of."""
    return order.order_id != 0
