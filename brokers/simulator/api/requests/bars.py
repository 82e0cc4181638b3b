"""Requests for five-second bars."""

from __future__ import annotations

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.api.requests.lookup import (
    find_match,
    invalid,
    is_listed_for_trades,
    refuse_duplicate,
    without_permission,
    without_trades,
)
from brokers.simulator.connections.session import Session
from brokers.simulator.connections.subscriptions import BarSubscription
from brokers.simulator.feeds.bars import SECONDS
from brokers.simulator.gateway import Gateway
from brokers.simulator.market.bars import ASK, BID, MIDPOINT, TRADES
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields

_INVALID = "Invalid Real-time Query:"


def request_realtime_bars(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named(CONTRACT)
    fields.integer()  # the bars' size: IB makes them of five seconds, whatever is asked for
    what, regular_hours = fields.text(), fields.flag()
    fields.text()  # options
    fields.finish()
    match = find_match(gateway, request_id, contract)
    refuse_duplicate(request_id, session)
    if what not in (TRADES, MIDPOINT, BID, ASK):
        raise invalid(request_id, "What to show field is missing or incorrect.")
    if not match.instrument.live:
        raise RequestRefused(request_id, 420, f"{_INVALID}{without_permission(match)}")
    if not is_listed_for_trades(match.instrument, what):
        raise RequestRefused(request_id, 420, f"{_INVALID}{without_trades(match, SECONDS)}")
    session.streams.bars[request_id] = BarSubscription(
        request_id, match.instrument, what, regular_hours, next_start=gateway.data.bars.first_start()
    )


def cancel_realtime_bars(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    fields.finish()
    if not session.streams.end(session.streams.bars, request_id):
        raise RequestRefused(request_id, 300, f"Can't find EId with tickerId:{request_id}")


REQUESTS: dict[int, Request] = {
    50: request_realtime_bars,
    51: cancel_realtime_bars,
}
