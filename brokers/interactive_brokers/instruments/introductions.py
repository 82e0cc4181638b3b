"""An instrument is introduced to the listener before anything that names it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from ib_insync import Contract

from brokers.domain import Instrument
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.listener import NodeListener
from brokers.refusals import NodeError

log = logging.getLogger(__name__)

Deliver = Callable[[Instrument | None], None]


class Introductions:
    """Holds back what names an instrument that the listener hasn't met, until IB has described it.

    Held back per instrument, so that what concerns one keeps its order, and an unknown one delays no other.
    """

    def __init__(self, *, provider: InteractiveBrokersInstrumentProvider, listener: NodeListener) -> None:
        self._provider = provider
        self._listener = listener
        self._met: dict[int, Instrument] = {}
        self._held_back: dict[int, list[Deliver]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def introduce(self, instrument: Instrument) -> None:
        """Tells the listener of an instrument that was just described."""
        self.meet(instrument)
        self._listener.on_instrument(instrument)

    def meet(self, instrument: Instrument) -> None:
        """The listener knows this one: it gave it to us."""
        self._met[instrument.con_id] = instrument
        self._provider.remember(instrument)

    def deliver(self, contract: Contract, deliver: Deliver) -> None:
        """Now, when the instrument is known; otherwise as soon as it is, or as IB has refused to describe it."""
        con_id = convert.con_id(contract)
        if con_id in self._met:
            deliver(self._met[con_id])
        elif con_id in self._held_back:
            self._held_back[con_id].append(deliver)
        else:
            self._held_back[con_id] = [deliver]
            self._start(self._describe(contract))

    async def settled(self) -> None:
        """Returns once nothing is held back any more."""
        while self._asking:
            await asyncio.wait(set(self._asking))

    def _start(self, description: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(description)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _describe(self, contract: Contract) -> None:
        instrument = await self._described_or_as_is(contract)
        for deliver in self._held_back.pop(convert.con_id(contract)):
            deliver(instrument)

    async def _described_or_as_is(self, contract: Contract) -> Instrument | None:
        try:
            return await self._ask(contract)
        except NodeError as error:
            log.warning("no description of %s (%d): %s", contract.symbol, contract.conId, error)
        except Exception:  # what is held back must come out, whatever was wrong with the description
            log.exception("the description of %s (%d) could not be read", contract.symbol, contract.conId)
        return self._as_is(contract)

    async def _ask(self, contract: Contract) -> Instrument:
        """IB describes no combination; it's made of its legs."""
        legs = convert.legs(contract)
        if not legs:
            return await self._provider.instrument(contract.conId)
        return await self._provider.combination(
            legs, exchange=contract.exchange or "SMART", symbol=contract.symbol, currency=contract.currency
        )

    def _as_is(self, contract: Contract) -> Instrument | None:
        try:
            instrument = convert.undescribed_instrument(contract)
        except ValueError:
            log.exception("%s (%d) is of a kind that is not known here", contract.symbol, contract.conId)
            return None
        self.introduce(instrument)
        return instrument
