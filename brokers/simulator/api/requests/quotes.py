"""Requests for market data."""

from __future__ import annotations

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.api.requests.generic_ticks import parse_generic_ticks
from brokers.simulator.api.requests.lookup import find_combination, find_match, invalid, refuse_duplicate
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.connections.session import Session
from brokers.simulator.connections.subscriptions import QuoteSubscription
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages.quotes import BEST_OFFERS, DELAYED_KINDS, FROZEN, LIVE, smart_components
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields

_DELAYED_IS_AVAILABLE = "Delayed market data is available."


def request_market_data(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named(CONTRACT)
    legs = _read_legs(fields) if contract["secType"] == COMBINATION else None
    generic_list, snapshot = _read_options(fields)
    match = (
        find_match(gateway, request_id, contract)
        if legs is None
        else find_combination(gateway, request_id, contract, legs)
    )
    generic_ticks = _generic_ticks(request_id, match, generic_list, snapshot=snapshot)
    refuse_duplicate(request_id, session)
    _check_permission(session, request_id, match)
    subscription = QuoteSubscription(request_id, match.instrument, session.market_data_type, generic_ticks)
    if snapshot:
        gateway.quotes.snapshot(session, subscription)
        return
    if gateway.quotes.is_full:
        raise RequestRefused(request_id, 101, "Max number of tickers has been reached")
    gateway.quotes.subscribe(session, subscription)


def _read_legs(fields: Fields) -> list[list[str]]:
    return [fields.texts(4) for _ in range(fields.count())]


def _read_options(fields: Fields) -> tuple[str, bool]:
    """Reads to the message's end; returns the generic ticks, and whether a snapshot is wanted."""
    if fields.flag():
        fields.texts(3)  # delta-neutral contract
    generic_ticks = fields.text()
    snapshot = fields.flag()
    regulatory = fields.flag()
    fields.text()  # options
    fields.finish()
    return generic_ticks, snapshot or regulatory


def _generic_ticks(request_id: int, match: Match, text: str, *, snapshot: bool) -> frozenset[int]:
    if snapshot and text:
        raise invalid(request_id, "Snapshot market data subscription is not applicable to generic ticks")
    try:
        return parse_generic_ticks(text, match.instrument.security_type)
    except ValueError as error:
        raise invalid(request_id, str(error)) from error


def _check_permission(session: Session, request_id: int, match: Match) -> None:
    """What this login doesn't pay for comes delayed, to a client that said it takes delayed data."""
    if match.instrument.live:
        return
    if session.market_data_type not in DELAYED_KINDS:
        raise _without_subscription(session, request_id, match)
    session.error(request_id, 10167, "Requested market data is not subscribed. Displaying delayed market data.")


def _without_subscription(session: Session, request_id: int, match: Match) -> RequestRefused:
    """354 for stocks, 10089 for what needs a subscription made for the API, and 10168 to one who asked for frozen
    data, which says that delayed data would have had to be asked for."""
    if session.market_data_type == FROZEN:
        text = "Requested market data is not subscribed. Delayed market data is not enabled."
        return RequestRefused(request_id, 10168, text)
    name = f"{match.instrument.symbol} {match.instrument.primary_exchange or match.exchange}/TOP/ALL"
    if match.instrument.security_type == "STK":
        return RequestRefused(
            request_id, 354, f"Requested market data is not subscribed. {_DELAYED_IS_AVAILABLE}{name}"
        )
    text = (
        "Requested market data requires additional subscription for API. See link in 'Market Data Connections' "
        f"dialog for more details. {_DELAYED_IS_AVAILABLE}{name}"
    )
    return RequestRefused(request_id, 10089, text)


def cancel_market_data(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    fields.finish()
    if not session.streams.end(session.streams.quotes, request_id):
        raise RequestRefused(request_id, 300, f"Can't find EId with tickerId:{request_id}")


def request_market_data_type(_gateway: Gateway, session: Session, fields: Fields) -> None:
    """Holds for what is asked from now on."""
    fields.skip()
    asked = fields.integer()
    fields.finish()
    if asked not in (LIVE, FROZEN, *DELAYED_KINDS):
        raise invalid(-1, f"Market data type {asked} is not 1 (live), 2 (frozen), 3 (delayed) or 4 (delayed frozen)")
    session.market_data_type = asked


def request_smart_components(_gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, key = fields.integer(), fields.text()
    fields.finish()
    if key != BEST_OFFERS:
        raise invalid(request_id, f"No best bids and offers have the key {key!r}; reqMktData tells it")
    session.send(smart_components(request_id))


REQUESTS: dict[int, Request] = {
    1: request_market_data,
    2: cancel_market_data,
    59: request_market_data_type,
    83: request_smart_components,
}
