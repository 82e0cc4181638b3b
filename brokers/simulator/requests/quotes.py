"""Requests for market data."""

from __future__ import annotations

from brokers.simulator.gateway import Gateway
from brokers.simulator.listings import Instrument
from brokers.simulator.order_message import CONTRACT
from brokers.simulator.requests.base import Request, RequestRefused
from brokers.simulator.requests.contracts import NO_DEFINITION
from brokers.simulator.session import Session
from brokers.simulator.wire import Fields

_DELAYED_TYPES = (3, 4)


def request_market_data(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named(CONTRACT)
    snapshot = _read_options(fields, contract)
    instrument = _instrument(gateway, request_id, contract)
    _check_permission(session, request_id, instrument)
    if snapshot:
        gateway.quotes.snapshot(session, request_id, instrument)
        return
    _check_line(gateway, session, request_id)
    gateway.quotes.subscribe(session, request_id, instrument)


def _read_options(fields: Fields, contract: dict[str, str]) -> bool:
    """Reads to the message's end; returns whether a snapshot is wanted."""
    if contract["secType"] == "BAG":
        for _ in range(fields.count()):
            fields.texts(4)
    if fields.flag():
        fields.texts(3)  # delta-neutral contract
    fields.text()  # generic ticks: none are simulated
    snapshot = fields.flag()
    regulatory = fields.flag()
    fields.text()  # options
    fields.finish()
    return snapshot or regulatory


def _instrument(gateway: Gateway, request_id: int, contract: dict[str, str]) -> Instrument:
    matches = gateway.catalogue.find(contract)
    if len(matches) != 1:
        raise RequestRefused(request_id, 200, NO_DEFINITION)
    return matches[0].instrument


def _check_permission(session: Session, request_id: int, instrument: Instrument) -> None:
    """What this login doesn't pay for comes delayed, to a client that said it takes delayed data."""
    if instrument.live:
        return
    if session.market_data_type not in _DELAYED_TYPES:
        text = "Requested market data is not subscribed. Delayed market data is available."
        raise RequestRefused(request_id, 354, f"{text}{instrument.symbol} {instrument.primary_exchange}/TOP/ALL")
    session.error(request_id, 10167, "Requested market data is not subscribed. Displaying delayed market data.")


def _check_line(gateway: Gateway, session: Session, request_id: int) -> None:
    if request_id in session.quotes:
        raise RequestRefused(request_id, 322, "Error processing request.-'bS' : cause - Duplicate ticker id")
    if gateway.quotes.is_full:
        raise RequestRefused(request_id, 101, "Max number of tickers has been reached")


def cancel_market_data(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    fields.finish()
    if session.quotes.pop(request_id, None) is None:
        raise RequestRefused(request_id, 300, f"Can't find EId with tickerId:{request_id}")


def request_market_data_type(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.market_data_type = fields.integer()
    fields.finish()


REQUESTS: dict[int, Request] = {
    1: request_market_data,
    2: cancel_market_data,
    59: request_market_data_type,
}
