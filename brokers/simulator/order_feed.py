"""What clients hear of orders. An order's own client hears of it, and nobody else."""

from __future__ import annotations

from brokers.simulator.account_feed import AccountFeed
from brokers.simulator.clock import ib_time
from brokers.simulator.messages import orders as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.orders import Commission, Execution, Order
from brokers.simulator.session import Session, Sessions
from brokers.simulator.whatif import Preview
from brokers.simulator.wire import Value


class OrderFeed:
    def __init__(self, sessions: Sessions, accounts: AccountFeed) -> None:
        self._sessions = sessions
        self._accounts = accounts

    def order_changed(self, order: Order) -> None:
        self._send(order, messages.open_order(order))
        self.status_changed(order)

    def status_changed(self, order: Order) -> None:
        self._send(order, messages.order_status(order))

    def previewed(self, order: Order, preview: Preview) -> None:
        self._send(order, messages.open_order(order, preview))

    def executed(self, execution: Execution) -> None:
        self._send(execution.order, messages.execution_data(NO_REQUEST, execution, ib_time))

    def charged(self, execution: Execution, commission: Commission) -> None:
        self._send(execution.order, messages.commission_report(commission))
        self._accounts.position_changed(execution.order.instrument)

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
