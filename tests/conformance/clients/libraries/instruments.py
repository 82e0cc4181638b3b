from __future__ import annotations

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.libraries.link import LibraryLink


class LibraryInstruments:
    def __init__(self, link: LibraryLink) -> None:
        self._link = link
        self._ib = link.ib

    def search(self, text: str) -> Answer:
        return [facts.sample(one) for one in self._link.asked(lambda: self._ib.reqMatchingSymbols(text))]

    def details(self, query: Fields) -> Answer:
        contract = self._link.contract(query)
        return [facts.details(one) for one in self._link.asked(lambda: self._ib.reqContractDetails(contract))]

    def market_rule(self, rule_id: int) -> Answer:
        return [facts.numbers(step, ["lowEdge", "increment"]) for step in self._ib.reqMarketRule(rule_id)]

    def chains(self, symbol: str, kind: str, con_id: int, exchange: str = "") -> Answer:
        found = self._link.asked(lambda: self._ib.reqSecDefOptParams(symbol, exchange, kind, con_id))
        return facts.chains(
            (one.exchange, one.underlyingConId, one.tradingClass, one.multiplier, one.expirations, one.strikes)
            for one in found
        )

    def depth_exchanges(self) -> Answer:
        return [facts.picked(one, facts.DEPTH_EXCHANGE) for one in self._ib.reqMktDepthExchanges()]
