from __future__ import annotations

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.ibapi.link import IbapiLink


class IbapiInstruments:
    def __init__(self, link: IbapiLink) -> None:
        self._link = link

    def search(self, text: str) -> Answer:
        ((found,),) = self._link.asked("reqMatchingSymbols", text, told="symbolSamples", ends="symbolSamples")
        return [facts.sample(one) for one in found]

    def details(self, query: Fields) -> Answer:
        contract = self._link.contract(query)
        # A bond's details come under a name of their own.
        told = "bondContractDetails" if query.get("secType") == "BOND" else "contractDetails"
        found = self._link.asked("reqContractDetails", contract, told=told, ends="contractDetailsEnd")
        return [facts.details(one) for (one,) in found]

    def market_rule(self, rule_id: int) -> Answer:
        with self._link.listening() as said:
            self._link.call("reqMarketRule", rule_id)
        said.require("marketRule")
        _, steps = said["marketRule"][-1]
        return [facts.numbers(step, ["lowEdge", "increment"]) for step in steps]

    def chains(self, symbol: str, kind: str, con_id: int, exchange: str = "") -> Answer:
        name = "securityDefinitionOptionParameter"
        found = self._link.asked("reqSecDefOptParams", symbol, exchange, kind, con_id, told=name, ends=f"{name}End")
        return facts.chains(found)

    def depth_exchanges(self) -> Answer:
        with self._link.listening() as said:
            self._link.call("reqMktDepthExchanges")
        said.require("mktDepthExchanges")
        ((found,),) = said["mktDepthExchanges"]
        return [facts.picked(one, facts.DEPTH_EXCHANGE) for one in found]
