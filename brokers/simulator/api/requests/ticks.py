"""Requests for single ticks, of now and of the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.api.requests.history import admit, refuse_without_farm
from brokers.simulator.api.requests.lookup import (
    find_match,
    invalid,
    is_listed_for_trades,
    refuse_duplicate,
    without_permission,
    without_trades,
)
from brokers.simulator.api.requests.times import read_time
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session
from brokers.simulator.connections.subscriptions import TickSubscription
from brokers.simulator.feeds.ticks import executing_exchange
from brokers.simulator.gateway import Gateway
from brokers.simulator.market.bars import BID_ASK, MIDPOINT, TRADES
from brokers.simulator.market.tape import Moment
from brokers.simulator.market.tick_history import TickQuery, in_order
from brokers.simulator.messages import ticks as messages
from brokers.simulator.messages.ticks import TickKind
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields, Value

MOST_TICKS = 1000

_PAST = {
    TickKind.LAST: TRADES,
    TickKind.ALL_LAST: TRADES,
    TickKind.BID_ASK: BID_ASK,
    TickKind.MIDPOINT: MIDPOINT,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The message, field by field."""

    request_id: int
    contract: dict[str, str]
    start: str
    end: str
    count: int
    what: str
    regular_hours: bool
    ignores_sizes: bool


def request_historical_ticks(gateway: Gateway, session: Session, fields: Fields) -> LongAnswer:
    asked = _read(fields)
    match = find_match(gateway, asked.request_id, asked.contract)
    _check(asked, match)
    query = _query(gateway, session, asked, match)
    refuse_without_farm(gateway, asked.request_id, match.instrument)
    identity = ("ticks", tuple(asked.contract.items()), asked.start, asked.end, asked.count, asked.what)
    admit(gateway, asked.request_id, identity, weight=2 if asked.what == BID_ASK else 1)
    return LongAnswer(_answer(gateway, session, asked.request_id, query), asked.request_id)


def _read(fields: Fields) -> _Asked:
    request_id = fields.integer()
    contract = fields.named([*CONTRACT, "includeExpired"])
    start, end = fields.texts(2)
    count, what = fields.integer(), fields.text()
    regular_hours, ignores_sizes = fields.flag(), fields.flag()
    fields.text()  # options
    fields.finish()
    return _Asked(request_id, contract, start, end, count, what, regular_hours, ignores_sizes)


def _check(asked: _Asked, match: Match) -> None:
    if asked.what not in (TRADES, BID_ASK, MIDPOINT):
        raise invalid(asked.request_id, "What to show field is missing or incorrect.")
    if not asked.start and not asked.end:
        raise invalid(asked.request_id, "Please enter either a start time or an end time.")
    if not 0 < asked.count <= MOST_TICKS:
        raise invalid(asked.request_id, f"Number of ticks must be between 1 and {MOST_TICKS}, not {asked.count}")
    if not match.instrument.live:
        raise _failed(asked.request_id, without_permission(match))
    if not is_listed_for_trades(match.instrument, asked.what):
        raise _failed(asked.request_id, without_trades(match, 0))
    if not match.instrument.has_book and asked.what != TRADES:
        raise _failed(asked.request_id, "No data of historical ticks")


def _failed(request_id: int, text: str) -> RequestRefused:
    return RequestRefused(request_id, 10187, f"Failed to request historical ticks:{text}")


def _query(gateway: Gateway, session: Session, asked: _Asked, match: Match) -> TickQuery:
    def read(text: str, field: str) -> int | None:
        return read_time(session, asked.request_id, text, field) if text else None

    end = read(asked.end, "End Date/Time")
    return TickQuery(
        instrument=match.instrument,
        what=asked.what,
        start=read(asked.start, "Start Date/Time"),
        end=gateway.data.history.now() if end is None else end,
        count=asked.count,
        regular_hours=asked.regular_hours,
        ignores_sizes=asked.ignores_sizes,
    )


def _answer(gateway: Gateway, session: Session, request_id: int, query: TickQuery) -> Iterator[None]:
    found: list[list[Moment]] = []
    for moments in gateway.data.tick_history.one_by_one(query):
        found.append(moments)
        yield
    session.send(_message(gateway, request_id, query, in_order(query, found)))


def _message(gateway: Gateway, request_id: int, query: TickQuery, moments: Sequence[Moment]) -> list[Value]:
    prices = gateway.data.history.tape(query.instrument.con_id).prices
    if query.what == TRADES:
        return messages.historical_trades(request_id, prices, moments, executing_exchange(query.instrument))
    if query.what == BID_ASK:
        return messages.historical_bids_and_asks(request_id, prices, moments)
    return messages.historical_midpoints(request_id, prices, moments)


def request_tick_by_tick(gateway: Gateway, session: Session, fields: Fields) -> LongAnswer:
    request_id = fields.integer()
    contract = fields.named(CONTRACT)
    kind, count, ignores_sizes = fields.text(), fields.integer(), fields.flag()
    fields.finish()
    match = find_match(gateway, request_id, contract)
    subscription = TickSubscription(request_id, match.instrument, _kind(request_id, kind), ignores_sizes)
    _check_stream(gateway, session, subscription, match)
    return LongAnswer(_begin(gateway, session, subscription, count), request_id)


def _begin(gateway: Gateway, session: Session, subscription: TickSubscription, count: int) -> Iterator[None]:
    if count > 0:
        past = _past(gateway, subscription, count)
        yield from _answer(gateway, session, subscription.request_id, past)
    session.streams.ticks[subscription.request_id] = subscription


def _kind(request_id: int, text: str) -> TickKind:
    try:
        return TickKind(text)
    except ValueError:
        words = ", ".join(kind.value for kind in TickKind)
        raise invalid(request_id, f"Tick type {text} is none of {words}") from None


def _check_stream(gateway: Gateway, session: Session, subscription: TickSubscription, match: Match) -> None:
    request_id, failed = subscription.request_id, "Failed to request tick-by-tick data."
    refuse_duplicate(request_id, session)
    if not match.instrument.live:
        raise RequestRefused(request_id, 10189, f"{failed}{without_permission(match)}")
    if not is_listed_for_trades(match.instrument, _PAST[subscription.kind]):
        raise RequestRefused(request_id, 10189, f"{failed}{without_trades(match, 0)}")
    if not match.instrument.has_book and _PAST[subscription.kind] != TRADES:
        raise RequestRefused(request_id, 10189, f"{failed}{match.instrument.symbol} is not quoted")
    if gateway.data.ticks.is_full:
        raise RequestRefused(request_id, 10190, "Max number of tick-by-tick requests has been reached.")


def _past(gateway: Gateway, subscription: TickSubscription, count: int) -> TickQuery:
    """What a stream begins with: the last ticks before it."""
    return TickQuery(
        instrument=subscription.instrument,
        what=_PAST[subscription.kind],
        start=None,
        end=gateway.data.history.now(),
        count=min(count, MOST_TICKS),
        regular_hours=False,
        ignores_sizes=subscription.ignores_sizes,
    )


def cancel_tick_by_tick(_gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id = fields.integer()
    fields.finish()
    if not (session.long_answers.end(request_id) or session.streams.end(session.streams.ticks, request_id)):
        raise RequestRefused(request_id, 300, f"Can't find EId with tickerId:{request_id}")


REQUESTS: dict[int, Request] = {
    96: request_historical_ticks,
    97: request_tick_by_tick,
    98: cancel_tick_by_tick,
}
