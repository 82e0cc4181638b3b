"""Requests about orders and executions."""

from __future__ import annotations

from datetime import datetime

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.clock import day_began, ib_time, parse_ib_time
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import executions
from brokers.simulator.messages import orders as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.orders.message import read_order
from brokers.simulator.orders.order import Execution, Order
from brokers.simulator.orders.refusals import OrderRefused
from brokers.simulator.trading.elsewhere import BINDING_CLIENT
from brokers.simulator.wire import FieldError, Fields


def place_order(gateway: Gateway, session: Session, fields: Fields) -> None:
    gateway.desk.place(_client_id(session), read_order(fields))


def cancel_order(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    order_id = fields.integer()
    fields.text()  # manual cancel time
    fields.finish()
    gateway.desk.cancel(_client_id(session), order_id)


def global_cancel(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    try:
        gateway.desk.cancel_all(_client_id(session))
    except OrderRefused as refusal:
        raise RequestRefused(NO_REQUEST, refusal.code, refusal.text) from refusal


def request_open_orders(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    _refuse_when_read_only(gateway)
    client_id = _client_id(session)
    if client_id == BINDING_CLIENT:
        gateway.desk.elsewhere.bind_all()
    _send_open_orders(session, gateway.orders.open(client_id=client_id))


def request_all_open_orders(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    _refuse_when_read_only(gateway)
    _send_open_orders(session, gateway.orders.open())


def _refuse_when_read_only(gateway: Gateway) -> None:
    """IB counts looking at orders as write access: a client waits in vain for the end of the list."""
    try:
        gateway.desk.refuse_when_read_only()
    except OrderRefused as refusal:
        raise RequestRefused(NO_REQUEST, refusal.code, refusal.text) from refusal


def _send_open_orders(session: Session, orders: list[Order]) -> None:
    for order in orders:
        session.send(messages.open_order(order))
        session.send(messages.order_status(order))
    session.send(messages.open_order_end())


def request_auto_open_orders(gateway: Gateway, session: Session, fields: Fields) -> None:
    """Binds the orders that people place by hand from now on. IB allows it to client 0 alone."""
    fields.skip()
    binds = fields.flag()
    fields.finish()
    _refuse_when_read_only(gateway)
    if session.client_id != BINDING_CLIENT:
        raise RequestRefused(
            NO_REQUEST, 321, "Error validating request.-'cc' : cause - Only client 0 can auto bind orders"
        )
    gateway.desk.elsewhere.binds = binds


def request_completed_orders(gateway: Gateway, session: Session, fields: Fields) -> None:
    api_only = fields.flag()
    fields.finish()
    _refuse_when_read_only(gateway)
    for order in gateway.orders.completed(since=day_began(gateway.calendar.now())):
        if order.is_by_hand and api_only:
            continue
        session.send(messages.completed_order(order, ib_time))
    session.send(messages.completed_orders_end())


def request_executions(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    wanted = _ExecutionFilter(fields, gateway.calendar.now())
    fields.finish()
    for execution in gateway.orders.executions:
        if wanted.allows(execution):
            _send_execution(gateway, session, request_id, execution)
    session.send(executions.execution_data_end(request_id))


def _send_execution(gateway: Gateway, session: Session, request_id: int, execution: Execution) -> None:
    session.send(executions.execution_data(request_id, execution, ib_time))
    commission = gateway.orders.commissions.get(execution.exec_id)
    if commission is not None:
        session.send(executions.commission_report(commission))


class _ExecutionFilter:
    """Which executions a client asks for; what it leaves empty is not asked."""

    def __init__(self, fields: Fields, now: datetime) -> None:
        self._client_id = fields.integer()
        self._account = fields.text()
        self._since = _since(fields.text(), now)
        self._symbol, self._security_type, self._exchange, self._side = fields.texts(4)

    def allows(self, execution: Execution) -> bool:
        order = execution.order
        asked = {
            self._account: order.account,
            self._symbol: execution.instrument.symbol,
            self._security_type: execution.instrument.security_type,
            self._exchange: execution.exchange,
            self._side: "BUY" if execution.sign > 0 else "SELL",
        }
        return (
            execution.at >= self._since
            and self._client_id in (0, order.client_id)
            and all(not wanted or wanted == fact for wanted, fact in asked.items())
        )


def _since(text: str, now: datetime) -> datetime:
    """IB shows neither executions nor completed orders of an earlier day."""
    earliest = day_began(now)
    if not text:
        return earliest
    try:
        return max(parse_ib_time(text), earliest)
    except ValueError as error:
        raise FieldError(f"{text!r} is not a time: {error}") from error


def _client_id(session: Session) -> int:
    if session.client_id is None:
        raise FieldError("the API was not started")
    return session.client_id


REQUESTS: dict[int, Request] = {
    3: place_order,
    4: cancel_order,
    5: request_open_orders,
    7: request_executions,
    15: request_auto_open_orders,
    16: request_all_open_orders,
    58: global_cancel,
    99: request_completed_orders,
}
