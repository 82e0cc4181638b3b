"""An instrument is introduced to the listener before anything that names it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from ib_insync import Contract

from brokers.domain import Instrument
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.interactive_brokers.retry import Retry
from brokers.listener import NodeListener
from brokers.refusals import NodeError

log = logging.getLogger(__name__)

Deliver = Callable[[Instrument | None], None]

# Seconds before IB is asked again for what it didn't describe; longer each time.
RETRY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class _Undescribed:
    """What the listener knows by its contract alone, and when IB is asked for it again."""

    contract: Contract
    retry: Retry


class Introductions:
    """Holds back what names an instrument that the listener hasn't met, until IB has described it.

    Held back per instrument, so that what concerns one keeps its order, and an unknown one delays no other. One that IB
    doesn't describe is introduced as what its contract says, and asked for again: when it's named after a pause, and on
    a new connection. Nothing waits for that.
    """

    def __init__(self, *, provider: InteractiveBrokersInstrumentProvider, listener: NodeListener) -> None:
        self.provider = provider
        self._listener = listener
        self._met: dict[int, Instrument] = {}
        self._undescribed: dict[int, _Undescribed] = {}
        self._held_back: dict[int, list[Deliver]] = {}
        self._describing: set[asyncio.Task[None]] = set()
        self._asking_again: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    def introduce(self, instrument: Instrument) -> None:
        """Tells the listener of an instrument that was just described."""
        self.meet(instrument)
        self._listener.on_instrument(instrument)

    def meet(self, instrument: Instrument) -> None:
        """The listener knows this one: it gave it to us. What was described isn't forgotten for one that was not."""
        if not instrument.is_described:
            self._met.setdefault(instrument.con_id, instrument)
            return
        self._met[instrument.con_id] = instrument
        self._undescribed.pop(instrument.con_id, None)
        self.provider.remember(instrument)

    def deliver(self, contract: Contract, deliver: Deliver) -> None:
        """Now, when the instrument is known; otherwise as soon as it is, or as IB has refused to describe it."""
        con_id = convert.con_id(contract)
        if con_id in self._held_back:
            self._held_back[con_id].append(deliver)
        elif con_id in self._met:
            deliver(self._met[con_id])
            self._ask_again_if_due(contract)
        else:
            self._held_back[con_id] = [deliver]
            _start(self._describe(contract), self._describing)

    def ask_again(self) -> None:
        """For a new connection: IB is asked for all that it has not described, whatever the pause."""
        for undescribed in self._undescribed.values():
            _start(self._describe_again(undescribed), self._asking_again)

    async def settled(self) -> None:
        """Returns once nothing is held back any more."""
        while self._describing:
            await asyncio.wait(set(self._describing))

    async def _describe(self, contract: Contract) -> None:
        instrument = await self._described(contract) or self._best_known(contract)
        for deliver in self._held_back.pop(convert.con_id(contract)):
            deliver(instrument)

    def _best_known(self, contract: Contract) -> Instrument | None:
        """Of what IB hasn't described just now. Others may have met it meanwhile."""
        known = self._met.get(convert.con_id(contract))
        if known is not None and known.is_described:
            return known
        undescribed = self._undescribed[convert.con_id(contract)] = _Undescribed(contract, Retry(RETRY_AFTER))
        undescribed.retry.plan(_now())
        return self._as_is(contract)

    def _ask_again_if_due(self, contract: Contract) -> None:
        con_id = convert.con_id(contract)
        if self._met[con_id].is_described:
            return
        undescribed = self._undescribed.get(con_id)
        if undescribed is None:  # the owner gave it to us so
            undescribed = self._undescribed[con_id] = _Undescribed(contract, Retry(RETRY_AFTER))
        elif not undescribed.retry.take(_now()):
            return
        _start(self._describe_again(undescribed), self._asking_again)

    async def _describe_again(self, undescribed: _Undescribed) -> None:
        async with self._one_at_a_time:
            if await self._described(undescribed.contract) is None:
                undescribed.retry.plan(_now())

    async def _described(self, contract: Contract) -> Instrument | None:
        """None when IB doesn't describe it, which is logged."""
        try:
            return await self._ask(contract)
        except NodeError as error:
            log.warning("no description of %s (%d): %s", contract.symbol, contract.conId, error)
        except Exception:  # what is held back must come out, whatever was wrong with the description
            log.exception("the description of %s (%d) could not be read", contract.symbol, contract.conId)
        return None

    async def _ask(self, contract: Contract) -> Instrument:
        """IB describes no combination; it's made of its legs."""
        legs = convert.legs(contract)
        if not legs:
            return await self.provider.instrument(contract.conId)
        return await self.provider.combination(
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


def _start(work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    """The loop itself holds a task by a weak reference alone."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _now() -> float:
    return asyncio.get_running_loop().time()
