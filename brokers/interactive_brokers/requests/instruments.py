"""Requests about instruments."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

from ib_insync import Contract, ContractDetails, OptionChain
from ib_insync.objects import PriceIncrement

from brokers.interactive_brokers.requests.parts import Parts


class InstrumentRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    async def contract_details(self, contract: Contract) -> list[ContractDetails]:
        return await self._ib.reqContractDetailsAsync(contract)

    async def market_rule(self, rule_id: int) -> list[PriceIncrement]:
        """Like the library's own, without its deadline of 1 s, after which it answers None."""
        future = self._wrapper.startReq(f"marketRule-{rule_id}")
        self._client.reqMarketRule(rule_id)
        increments: list[PriceIncrement] = await future
        return increments

    async def matching_symbols(self, text: str) -> list[Contract]:
        """Like the library's own, without its deadline of 4 s, after which it answers None."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        self._client.reqMatchingSymbols(request_id, text)
        return [description.contract for description in await future]

    async def option_chain_parameters(self, underlying: Contract, *, future_exchange: str) -> list[OptionChain]:
        """Expiries and strikes by exchange and trading class. `future_exchange` is empty unless it's a future."""
        return await self._ib.reqSecDefOptParamsAsync(
            underlying.symbol, future_exchange, underlying.secType, underlying.conId
        )
