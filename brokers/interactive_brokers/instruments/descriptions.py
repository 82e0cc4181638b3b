"""What IB says of contracts, asked once and kept for the life of one node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from ib_insync import Contract, ContractDetails
from ib_insync.objects import PriceIncrement

from brokers.domain import Instrument, SecurityType
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.refusals import NoAnswer, RequestRefused

log = logging.getLogger(__name__)

NO_SUCH_CONTRACT = 200
SMART = "SMART"


class Descriptions:
    """The instruments that a node knows. What is known stays known: at night IB denies contracts that exist (200)."""

    def __init__(self, *, connection: InteractiveBrokersConnection, on_described: Callable[[Instrument], None]) -> None:
        self._connection = connection
        self._on_described = on_described
        self._instruments: dict[int, Instrument] = {}
        self._rules: dict[int, list[PriceIncrement]] = {}
        self._asking_rule = asyncio.Lock()  # the library tells answers apart by the rule's id alone

    def get(self, con_id: int) -> Instrument | None:
        return self._instruments.get(con_id)

    def all(self) -> list[Instrument]:
        return list(self._instruments.values())

    def remember(self, instrument: Instrument) -> None:
        """One that the owner knows already."""
        self._instruments.setdefault(instrument.con_id, instrument)

    def add(self, instrument: Instrument) -> None:
        """Keeps it and tells of it. One that is known at SMART isn't moved to the exchange of a later question.

        A continuous future has the id of the future that it stands for, and doesn't take its place.
        """
        known = self._instruments.get(instrument.con_id)
        moved = known is not None and known.exchange == SMART and instrument.exchange != SMART
        if not moved and instrument.security_type is not SecurityType.CONTFUT:
            self._instruments[instrument.con_id] = instrument
            self._on_described(instrument)

    async def ask(self, contract: Contract, *, deadline: float | None = None) -> list[Instrument]:
        """All that fit, each once. Empty when IB knows none. Raises NoAnswer, RequestRefused or LinkLost.

        `deadline` is in seconds, and by default that of any request.
        """
        try:
            answer = await self._connection.ask(
                lambda session: session.instruments.contract_details(contract),
                what="contract details",
                deadline=deadline,
            )
        except RequestRefused as refusal:
            if refusal.code == NO_SUCH_CONTRACT:
                return []
            raise
        return await self._described(_each_once(answer))

    async def _described(self, answer: list[ContractDetails]) -> list[Instrument]:
        rules = await self._rules_of(answer)
        found = []
        for details in answer:
            try:
                instrument = convert.instrument(details, rules=rules)
            except ValueError as error:
                log.warning("left out what IB described as %s: %s", details.contract, error)
                continue
            self.add(instrument)
            found.append(instrument)
        return found

    async def _rules_of(self, answer: Iterable[ContractDetails]) -> dict[int, list[PriceIncrement]]:
        wanted = sorted({rule_id for details in answer for rule_id in convert.rule_ids(details)})
        return {rule_id: await self._rule(rule_id) for rule_id in wanted}

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


def _each_once(answer: Iterable[ContractDetails]) -> list[ContractDetails]:
    """Without an exchange in the question, IB lists a contract once for each: the one at SMART stands for it."""
    found: dict[int, ContractDetails] = {}
    for details in answer:
        contract = details.contract
        if contract is not None and (contract.conId not in found or contract.exchange == SMART):
            found[contract.conId] = details
    return list(found.values())
