"""Requests about instruments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.catalogue.listings import MARKET_RULES
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import contracts as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields

NO_DEFINITION = "No security definition has been found for the request"
NO_COMBINATIONS = "Error validating request.-'bQ' : cause - BAG isn't supported for contract data request"
NO_UNDERLYING = "Error validating request.-'bX' : cause - Invalid contract id"


def request_contract_data(gateway: Gateway, session: Session, fields: Fields) -> LongAnswer:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named([*CONTRACT, "includeExpired", "secIdType", "secId", "issuerId"])
    fields.finish()
    if contract["secType"] == COMBINATION:
        raise RequestRefused(request_id, 321, NO_COMBINATIONS)
    matches = gateway.catalogue.find(contract)
    if not matches:
        raise RequestRefused(request_id, 200, NO_DEFINITION)
    return LongAnswer(_tell(gateway, session, request_id, matches))


def _tell(gateway: Gateway, session: Session, request_id: int, matches: Sequence[Match]) -> Iterator[None]:
    calendar = gateway.calendar
    for match in matches:
        hours, today = calendar.hours(match.instrument), calendar.today(match.instrument)
        session.send(messages.contract_data(request_id, match, hours, today))
        yield
    session.send(messages.contract_data_end(request_id))


def request_matching_symbols(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, pattern = fields.integer(), fields.text()
    fields.finish()
    found = [(one, gateway.catalogue.derivatives(one)) for one in gateway.catalogue.matching(pattern)]
    session.send(messages.symbol_samples(request_id, found))


def request_option_parameters(gateway: Gateway, session: Session, fields: Fields) -> None:
    """The chains of options on an underlying, which its contract id, symbol and type have to agree on."""
    request_id, symbol, exchange, security_type, con_id = (
        fields.integer(),
        fields.text(),
        fields.text(),
        fields.text(),
        fields.integer(),
    )
    fields.finish()
    under = gateway.catalogue.get(con_id)
    if under is None or (under.symbol, under.security_type) != (symbol, security_type):
        raise RequestRefused(request_id, 321, f"{NO_UNDERLYING} {con_id} for {security_type} {symbol}")
    for row in gateway.catalogue.option_parameters(under, exchange):
        session.send(messages.option_parameters(request_id, row))
    session.send(messages.option_parameters_end(request_id))


def request_market_rule(_gateway: Gateway, session: Session, fields: Fields) -> None:
    rule_id = fields.integer()
    fields.finish()
    rule = MARKET_RULES.get(rule_id)
    if rule is None:
        raise RequestRefused(NO_REQUEST, 321, f"Error validating request.-'cn' : cause - Invalid market rule {rule_id}")
    session.send(messages.market_rule(rule))


REQUESTS: dict[int, Request] = {
    9: request_contract_data,
    78: request_option_parameters,
    81: request_matching_symbols,
    91: request_market_rule,
}
