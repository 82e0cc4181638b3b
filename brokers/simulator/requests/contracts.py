"""Requests about instruments."""

from __future__ import annotations

from datetime import UTC, datetime

from brokers.simulator.gateway import Gateway
from brokers.simulator.listings import MARKET_RULES
from brokers.simulator.messages import contracts as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.order_message import CONTRACT
from brokers.simulator.requests.base import Request, RequestRefused
from brokers.simulator.session import Session
from brokers.simulator.wire import Fields

NO_DEFINITION = "No security definition has been found for the request"


def request_contract_data(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id = fields.integer()
    contract = fields.named([*CONTRACT, "includeExpired", "secIdType", "secId", "issuerId"])
    fields.finish()
    matches = gateway.catalogue.find(contract)
    if not matches:
        raise RequestRefused(request_id, 200, NO_DEFINITION)
    for match in matches:
        session.send(messages.contract_data(request_id, match, datetime.now(UTC).date()))
    session.send(messages.contract_data_end(request_id))


def request_matching_symbols(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, pattern = fields.integer(), fields.text()
    fields.finish()
    session.send(messages.symbol_samples(request_id, gateway.catalogue.matching(pattern)))


def request_market_rule(_gateway: Gateway, session: Session, fields: Fields) -> None:
    rule_id = fields.integer()
    fields.finish()
    rule = MARKET_RULES.get(rule_id)
    if rule is None:
        raise RequestRefused(NO_REQUEST, 321, f"Error validating request.-'cn' : cause - Invalid market rule {rule_id}")
    session.send(messages.market_rule(rule))


REQUESTS: dict[int, Request] = {
    9: request_contract_data,
    81: request_matching_symbols,
    91: request_market_rule,
}
