"""Requests about the connection itself."""

from __future__ import annotations

from brokers.simulator.api.requests.base import Request
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import session as messages
from brokers.simulator.wire import Fields


def request_ids(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.skip()  # how many: ignored by IB
    fields.finish()
    session.send(messages.next_valid_id(gateway.orders.next_order_id(session.client_id or 0)))


def request_managed_accounts(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.send(messages.managed_accounts(gateway.managed_accounts))


def request_current_time(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.send(messages.current_time(int(gateway.calendar.now().timestamp())))


def request_user_info(_gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id = fields.integer()
    fields.finish()
    session.send(messages.user_info(request_id))


def set_server_log_level(_gateway: Gateway, _session: Session, fields: Fields) -> None:
    """Accepted and without effect: this gateway's log has one level."""
    fields.skip()
    fields.integer()
    fields.finish()


REQUESTS: dict[int, Request] = {
    8: request_ids,
    14: set_server_log_level,
    17: request_managed_accounts,
    49: request_current_time,
    104: request_user_info,
}
