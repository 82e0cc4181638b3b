"""Finds and describes instruments."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ib_insync import Contract, ContractDetails
from ib_insync.objects import PriceIncrement

from brokers.config import InstrumentProviderConfig
from brokers.domain import Instrument, SecurityType
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.budget import Spacing
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.refusals import InstrumentNotFound, NoAnswer, NodeError, RequestRefused

log = logging.getLogger(__name__)

NO_SUCH_CONTRACT = 200
# IB answers a search with up to 16 symbols; a list on a page needs no more than this.
MOST_RESULTS = 10
# What a search may show: kinds that can be described by their con_id alone and be ordered.
_SEARCHED = frozenset({SecurityType.STK.value, SecurityType.CASH.value})


class InteractiveBrokersInstrumentProvider:
    """Keeps what it has described for the life of one node."""

    def __init__(
        self,
        *,
        connection: InteractiveBrokersConnection,
        config: InstrumentProviderConfig,
        on_described: Callable[[Instrument], None],
    ) -> None:
        self._on_described = on_described
        self._connection = connection
        self._config = config
        self._instruments: dict[int, Instrument] = {}
        self._rules: dict[int, list[PriceIncrement]] = {}
        self._asking_rule = asyncio.Lock()  # the library tells answers apart by the rule's id alone
        self._search_spacing = Spacing(1.0)  # IB: one second between two symbol searches

    async def load(self) -> list[Instrument]:
        """Describes the configured `load_ids`."""
        return [await self.instrument(con_id) for con_id in sorted(self._config.load_ids)]

    def find(self, con_id: int) -> Instrument | None:
        """What is already described, without asking IB."""
        return self._instruments.get(con_id)

    def remember(self, instrument: Instrument) -> None:
        self._instruments.setdefault(instrument.con_id, instrument)

    async def instrument(self, con_id: int) -> Instrument:
        """Raises InstrumentNotFound, NoAnswer, RequestRefused or LinkLost."""
        known = self.find(con_id)
        if known is not None:
            return known
        found = await self._describe_all(contracts.of_con_id(con_id))
        if not found:
            raise InstrumentNotFound(f"IB knows no contract with the id {con_id}.")
        return found[0]

    async def search(self, text: str) -> list[Instrument]:
        """By symbol, by name, or `EUR.USD` for a currency pair; IB's order, the pair first. Empty when IB knows none.

        Raises NoAnswer, RequestRefused or LinkLost.
        """
        text = text.strip()
        if not text or convert.unsendable([text]) is not None:
            return []
        pair = contracts.currency_pair(text)
        found = await self._describe_all(pair) if pair is not None else []
        return found or await self._search_symbols(text)

    async def _search_symbols(self, text: str) -> list[Instrument]:
        await self._search_spacing.turn()
        matches = await self._connection.ask(
            lambda session: session.instruments.matching_symbols(text), what=f"instruments like {text!r}"
        )
        con_ids = [match.conId for match in matches if match.secType in _SEARCHED][:MOST_RESULTS]
        described = await asyncio.gather(*(self.instrument(con_id) for con_id in con_ids), return_exceptions=True)
        return self._those_described(con_ids, described)

    def _those_described(self, con_ids: list[int], described: list[Instrument | BaseException]) -> list[Instrument]:
        found = [answer for answer in described if isinstance(answer, Instrument)]
        failures = [answer for answer in described if isinstance(answer, BaseException)]
        for failure in failures:
            if not isinstance(failure, NodeError):
                raise failure
            log.warning("left out of the search's %d results: %s", len(con_ids), failure)
        if failures and not found:
            raise failures[0]
        return found

    async def _describe_all(self, contract: Contract) -> list[Instrument]:
        try:
            answer = await self._connection.ask(
                lambda session: session.instruments.contract_details(contract), what="contract details"
            )
        except RequestRefused as refusal:
            if refusal.code == NO_SUCH_CONTRACT:
                return []
            raise
        return [await self._describe(details) for details in answer]

    async def _describe(self, details: ContractDetails) -> Instrument:
        rule_id = convert.rule_id(details, convert.contract_of(details).exchange)
        increments = await self._rule(rule_id) if rule_id is not None else []
        instrument = convert.instrument(details, increments=increments)
        self._instruments[instrument.con_id] = instrument
        self._on_described(instrument)
        return instrument

    async def _rule(self, rule_id: int) -> list[PriceIncrement]:
        async with self._asking_rule:
            if rule_id not in self._rules:
                self._rules[rule_id] = await self._ask_rule(rule_id)
            return self._rules[rule_id]

    async def _ask_rule(self, rule_id: int) -> list[PriceIncrement]:
        try:
            return await self._connection.ask(
                lambda session: session.instruments.market_rule(rule_id), what=f"market rule {rule_id}"
            )
        except RequestRefused as refusal:
            raise NoAnswer(f"IB did not tell the price increments of rule {rule_id}: {refusal}") from refusal
