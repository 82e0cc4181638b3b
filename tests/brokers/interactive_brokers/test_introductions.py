"""Introductions, whatever IB answers and when: nothing is lost, turned round, or known worse than before."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from ib_insync import Contract

from brokers.domain import Instrument
from brokers.interactive_brokers.instruments import introductions
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.listener import NodeListener
from brokers.refusals import InstrumentNotFound
from tests.brokers.words.stage import AAPL

CON_IDS = (1, 2)
HAPPENINGS = st.sampled_from(["name", "answer", "deny", "give", "find", "reconnect"])
WORDS = st.lists(st.tuples(HAPPENINGS, st.sampled_from(CON_IDS)), max_size=40)


class Desk(NodeListener):
    """Stands where the provider does, and answers when it's told to; hears what is introduced and delivered."""

    def __init__(self) -> None:
        self.introducing = Introductions(provider=cast("Any", self), listener=self)
        self.questions: defaultdict[int, list[asyncio.Future[Instrument]]] = defaultdict(list)
        self.introduced: defaultdict[int, list[bool]] = defaultdict(list)
        self.delivered: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)  # number, whether described
        self.named: defaultdict[int, int] = defaultdict(int)
        self.given: set[int] = set()

    # As the provider

    async def instrument(self, con_id: int) -> Instrument:
        question: asyncio.Future[Instrument] = asyncio.get_running_loop().create_future()
        self.questions[con_id].append(question)
        found = await question
        self.introducing.introduce(found)
        return found

    def remember(self, instrument: Instrument) -> None:
        assert instrument.is_described

    # As the listener

    def on_instrument(self, instrument: Instrument) -> None:
        self.introduced[instrument.con_id].append(instrument.is_described)

    # What happens

    def name(self, con_id: int) -> None:
        number = self.named[con_id] = self.named[con_id] + 1
        contract = Contract(conId=con_id, secType="STK", symbol="AAPL")

        def deliver(instrument: Instrument | None) -> None:
            assert instrument is not None
            assert con_id in self.given or self.introduced[con_id]
            self.delivered[con_id].append((number, instrument.is_described))

        self.introducing.deliver(contract, deliver)

    def answer(self, con_id: int) -> None:
        if self.questions[con_id]:
            self.questions[con_id].pop(0).set_result(replace(AAPL, con_id=con_id))

    def deny(self, con_id: int) -> None:
        if self.questions[con_id]:
            self.questions[con_id].pop(0).set_exception(InstrumentNotFound("no such contract"))

    def give(self, con_id: int) -> None:
        """The owner names it itself, as a row that was never described."""
        self.given.add(con_id)
        self.introducing.meet(replace(AAPL, con_id=con_id, is_described=False))

    def find(self, con_id: int) -> None:
        """Another question, a search say, describes it."""
        self.introducing.introduce(replace(AAPL, con_id=con_id))

    def reconnect(self, _con_id: int) -> None:
        self.introducing.ask_again()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def played(words: list[tuple[str, int]]) -> Desk:
    desk = Desk()
    for word, con_id in words:
        do: Callable[[int], None] = getattr(desk, word)
        do(con_id)
        await settled()
    desk.reconnect(0)
    await settled()
    while any(desk.questions.values()):
        for con_id in CON_IDS:
            desk.answer(con_id)
        await settled()
    desk.reconnect(0)
    await settled()
    return desk


@given(WORDS)
@settings(max_examples=200)
def test_nothing_is_lost_and_what_is_described_stays_so(words: list[tuple[str, int]]) -> None:
    introductions.RETRY_AFTER, pause = 0.0, introductions.RETRY_AFTER
    try:
        desk = asyncio.run(played(words))
    finally:
        introductions.RETRY_AFTER = pause
    assert not any(desk.questions.values())  # what is described isn't asked for again
    for con_id in CON_IDS:
        assert [number for number, _ in desk.delivered[con_id]] == list(range(1, desk.named[con_id] + 1))
        described = [is_described for _, is_described in desk.delivered[con_id]]
        assert described == sorted(described)
        assert desk.introduced[con_id] == sorted(desk.introduced[con_id])
        assert desk.introduced[con_id].count(False) <= 1
        if desk.named[con_id]:  # IB was asked again, and has answered in the end
            assert True in desk.introduced[con_id]
