"""Requests for order books."""

from __future__ import annotations

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.api.requests.lookup import find_match, invalid, refuse_duplicate
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.connections.session import Session
from brokers.simulator.connections.subscriptions import DepthSubscription
from brokers.simulator.feeds.depth import MOST_BOOKS
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import depth as messages
from brokers.simulator.messages.depth import DepthExchange
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields

_SMART = "SMART"
_DEEP2 = "Deep2"

# Where depth can be had. Those of level two name who stands behind each row.
EXCHANGES = (
    DepthExchange("ISLAND", "STK", "", _DEEP2, 1),
    DepthExchange("NASDAQ", "STK", "", _DEEP2, 1),
    DepthExchange("ARCA", "STK", "", _DEEP2, 1),
    DepthExchange("BATS", "STK", "", _DEEP2, 1),
    DepthExchange("BEX", "STK", "", _DEEP2, 1),
    DepthExchange("DRCTEDGE", "STK", "", _DEEP2, 1),
    DepthExchange("IEX", "STK", "", _DEEP2, 1),
    DepthExchange("NYSE", "STK", "", _DEEP2, 1),
    DepthExchange("IBIS", "STK"),
    DepthExchange("LSE", "STK"),
    DepthExchange("SEHK", "STK"),
    DepthExchange("IDEALPRO", "CASH", "", "Deep", 4),
    DepthExchange("CME", "FUT"),
    DepthExchange("CME", "FOP"),
    DepthExchange("CBOT", "FUT"),
    DepthExchange("NYMEX", "FUT"),
    DepthExchange("EUREX", "FUT"),
    DepthExchange("PAXOS", "CRYPTO"),
)
_LEVEL_TWO = frozenset((one.exchange, one.security_type) for one in EXCHANGES if one.service == _DEEP2)


def request_market_depth(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named(CONTRACT)
    rows, is_smart = fields.integer(), fields.flag()
    fields.text()  # options
    fields.finish()
    match = find_match(gateway, request_id, contract)
    _check(session, request_id, match, rows, is_smart=is_smart)
    if is_smart:
        session.error(request_id, 2152, _exchanges_shown(match))
    level_two = is_smart or (match.exchange, match.instrument.security_type) in _LEVEL_TWO
    gateway.data.depths.subscribe(
        session, DepthSubscription(request_id, match.instrument, rows, is_smart=is_smart, names_makers=level_two)
    )


def _check(session: Session, request_id: int, match: Match, rows: int, *, is_smart: bool) -> None:
    refuse_duplicate(request_id, session)
    if rows <= 0:
        raise invalid(request_id, f"{rows} rows of market depth can't be shown: ask for one at least")
    if not match.instrument.has_book or (match.exchange == _SMART) is not is_smart:
        text = "Deep market data is not supported for this combination of security type/exchange"
        raise RequestRefused(request_id, 10092, text)
    if not match.instrument.live:
        raise RequestRefused(request_id, 354, "Requested market data is not subscribed.")
    if len(session.streams.depths) >= MOST_BOOKS:
        text = f"Max number ({MOST_BOOKS}) of market depth requests has been reached"
        raise RequestRefused(request_id, 309, text)


def _exchanges_shown(match: Match) -> str:
    """A notice that tells which exchanges are in the book: their depth, or their best prices alone."""
    kind = match.instrument.security_type
    venue = [name for name in match.instrument.venue.exchanges if name != _SMART]
    deep = [name for name in venue if (name, kind) in _LEVEL_TWO]
    top = [name for name in venue if name not in deep]
    return f"Exchanges - Depth: {'; '.join(deep)}; Top: {'; '.join(top)}; "


def cancel_market_depth(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    fields.flag()  # smart or not: the request id says it
    fields.finish()
    if not session.streams.end(session.streams.depths, request_id):
        raise RequestRefused(request_id, 310, f"Can't find the subscribed market depth with tickerId:{request_id}")


def request_depth_exchanges(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.finish()
    session.send(messages.market_depth_exchanges(EXCHANGES))


REQUESTS: dict[int, Request] = {
    10: request_market_depth,
    11: cancel_market_depth,
    82: request_depth_exchanges,
}
