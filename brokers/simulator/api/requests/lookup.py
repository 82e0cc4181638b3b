"""Finding the one instrument that a request is about, and whether this login may see its data."""

from __future__ import annotations

from collections.abc import Sequence

from brokers.simulator.api.requests.base import RequestRefused
from brokers.simulator.api.requests.contracts import NO_DEFINITION
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.catalogue.combinations import CombinationRefused
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway


def find_match(gateway: Gateway, request_id: int, contract: dict[str, str]) -> Match:
    """The instrument that a client's contract describes, and the exchange it names. What has expired is found only
    by a contract that includes it (`includeExpired`), and so has no streams.

    Raises RequestRefused with 200 for none and for several.
    """
    matches = gateway.catalogue.find(contract)
    if not matches:
        raise RequestRefused(request_id, 200, NO_DEFINITION)
    if len(matches) > 1:
        text = f"The contract description specified for {contract['symbol']} is ambiguous."
        raise RequestRefused(request_id, 200, text)
    return matches[0]


def find_combination(
    gateway: Gateway, request_id: int, contract: dict[str, str], legs: Sequence[Sequence[str]]
) -> Match:
    """The instrument that a BAG's legs make. Raises RequestRefused with 321 for legs that make none."""
    try:
        made = gateway.catalogue.combination(legs, symbol=contract["symbol"], exchange=contract["exchange"])
    except CombinationRefused as refused:
        raise invalid(request_id, str(refused)) from refused
    return Match(made.instrument, contract["exchange"] or made.instrument.venue.default_exchange)


def without_permission(match: Match) -> str:
    """IB's words for data that nobody has subscribed to."""
    return f"No market data permissions for {match.exchange} {match.instrument.security_type}"


def without_trades(match: Match, seconds: int) -> str:
    """IB's words for trades of what is only quoted."""
    one = match.instrument
    return f"No historical market data for {one.symbol}/{one.security_type}@{match.exchange} Last {seconds}"


def refuse_duplicate(request_id: int, session: Session) -> None:
    """Raises RequestRefused with 322 when one of the client's streams has this request id."""
    streams = session.streams
    if any(request_id in kind for kind in (streams.quotes, streams.depths, streams.bars, streams.ticks)):
        raise RequestRefused(request_id, 322, "Error processing request.-'bS' : cause - Duplicate ticker id")
    if request_id in streams.charts or session.long_answers.has(request_id):
        raise RequestRefused(request_id, 386, "Duplicate ticker ID for API historical data query")


def invalid(request_id: int, cause: str) -> RequestRefused:
    """A request that was read and makes no sense: 321."""
    return RequestRefused(request_id, 321, f"Error validating request.-'bP' : cause - {cause}")


def is_listed_for_trades(instrument: Instrument, what: str) -> bool:
    return instrument.has_trades or what != "TRADES"
