"""Trading hours over weeks, whatever IB answers and when: asked for one at a time, early enough, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.domain import Instrument
from brokers.interactive_brokers import clock
from brokers.interactive_brokers.streams import hours
from brokers.interactive_brokers.streams.timetables import AHEAD, Timetables
from brokers.refusals import InstrumentNotFound
from tests.brokers.words.stage import AAPL

BEGIN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
RETRY_AFTER = 60.0
LISTED = timedelta(days=5)
CON_IDS = (1, 2, 3)
HAPPENINGS = st.one_of(
    st.tuples(st.just("passes"), st.sampled_from([1, 60, 3600, 24 * 3600])),
    st.tuples(st.sampled_from(["want", "unwant"]), st.sampled_from(CON_IDS)),
    st.tuples(st.sampled_from(["answer", "deny", "lose_the_link"]), st.just(0)),
)


class Desk:
    """Stands where the provider does, by a clock of its own, and answers when it's told to."""

    def __init__(self) -> None:
        self.time = 0.0
        self.timetables = Timetables(cast("Any", self), retry_after=RETRY_AFTER)
        self.wanted: dict[int, Instrument] = {}
        self.question: tuple[Instrument, asyncio.Future[Instrument]] | None = None
        self.asked_at: dict[int, float] = {}

    @property
    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.time)

    # As the provider

    def find(self, _con_id: int) -> None:
        """It knows nothing by itself."""

    async def renew(self, instrument: Instrument) -> Instrument:
        assert self.question is None, "one at a time"
        assert not hours.reach(self.timetables.of(instrument), self.now + AHEAD), "what is known isn't asked for"
        self.asked_at[instrument.con_id] = self.time
        answer: asyncio.Future[Instrument] = asyncio.get_running_loop().create_future()
        self.question = instrument, answer
        try:
            return await answer
        finally:
            self.question = None

    # What happens

    def passes(self, seconds: int) -> None:
        self.time += seconds

    def want(self, con_id: int) -> None:
        self.wanted[con_id] = replace(AAPL, con_id=con_id)

    def unwant(self, con_id: int) -> None:
        self.wanted.pop(con_id, None)

    def answer(self, _: int) -> None:
        if self.question is not None:
            instrument, answer = self.question
            answer.set_result(replace(instrument, hours_until=self.now + LISTED))

    def deny(self, _: int) -> None:
        if self.question is not None:
            self.question[1].set_exception(InstrumentNotFound("no such contract"))

    def lose_the_link(self, _: int) -> None:
        self.timetables.stop()
        self.asked_at.clear()

    async def look(self) -> None:
        await settled()
        self.timetables.look(list(self.wanted.values()), asyncio.get_running_loop().time() + self.time)
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def played(happenings: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    monkeypatch.setattr(clock, "utc_now", lambda: desk.now)
    for word, about in happenings:
        do: Callable[[int], None] = getattr(desk, word)
        do(about)
        await desk.look()
        if desk.question is None:
            await nothing_is_forgotten(desk)
    for _ in CON_IDS:
        desk.passes(3600)  # the longest pause
        await desk.look()
        while desk.question is not None:
            desk.answer(0)
            await settled()
    for one in desk.wanted.values():
        assert hours.reach(desk.timetables.of(one), desk.now + AHEAD)
    desk.timetables.stop()
    await settled()


async def nothing_is_forgotten(desk: Desk) -> None:
    """Whatever isn't known was asked for, and waits for its next turn."""
    for con_id, one in desk.wanted.items():
        assert hours.reach(desk.timetables.of(one), desk.now + AHEAD) or con_id in desk.asked_at


@given(st.lists(HAPPENINGS, max_size=40))
def test_what_is_wanted_is_known_in_the_end_and_was_asked_for_one_at_a_time(happenings: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(played(happenings, monkeypatch))
