"""Whatever order batches, losses, wishes and takes come in, a browser ends with the newest of what it wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from webapp.bus.quotes import NOTHING, Batch
from webapp.live.feed import Feed
from webapp.live.mailbox import Frame, Mailbox

CON_IDS = st.integers(1, 4)
QUOTES = st.dictionaries(CON_IDS, st.integers(0, 9), max_size=4)


def encoded(values: dict[int, int]) -> dict[int, str]:
    return {con_id: json.dumps([con_id, value]) for con_id, value in values.items()}


def at_once(taking: Coroutine[Any, Any, Frame]) -> Frame:
    """What needn't be waited for."""
    try:
        taking.send(None)
    except StopIteration as taken:
        frame: Frame = taken.value
        return frame
    raise AssertionError("there was nothing to take")


class Screen:
    """A browser that follows the protocol, and fails when the server doesn't."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.shown: dict[int, int] = {}
        self.seq: int | None = None
        self.begun = False

    def take_all(self) -> None:
        while self.mailbox._filled.is_set():
            self.follow(json.loads(at_once(self.mailbox.take()).encode()))

    def follow(self, message: dict[str, Any]) -> None:
        quotes = dict(message["quotes"])
        assert len(quotes) == len(message["quotes"]), "one quote per instrument"
        if message["type"] == "snapshot":
            self.shown, self.begun = quotes, True
        else:
            assert self.begun, "a snapshot comes first"
            assert message["prev"] == self.seq, "nothing was left out"
            assert quotes, "an empty message says nothing"
            self.shown |= quotes
        self.seq = message["seq"]


class Stream(RuleBasedStateMachine):
    """A worker that publishes, a connection that loses, and three browsers that take when they can."""

    def __init__(self) -> None:
        super().__init__()
        self.feed = Feed()
        self.screens = [Screen(Mailbox()) for _ in range(3)]
        self.stored: dict[int, int] = {}
        self.epoch, self.seq = 1, 0
        self.missed = False

    @initialize(wanted=st.lists(st.sets(CON_IDS), min_size=3, max_size=3))
    def open_browsers(self, wanted: list[set[int]]) -> None:
        for screen, con_ids in zip(self.screens, wanted, strict=True):
            self.show(screen, con_ids)

    @rule(values=QUOTES)
    def publish(self, values: dict[int, int]) -> None:
        self.deliver(self.written(values))

    @rule(values=QUOTES)
    def lose(self, values: dict[int, int]) -> None:
        self.written(values)
        self.missed = True

    @rule(values=QUOTES)
    def repeat_an_old_batch(self, values: dict[int, int]) -> None:
        self.deliver(Batch(self.epoch, max(0, self.seq - 1), encoded(values)), old=True)

    @rule(values=QUOTES)
    def hear_a_worker_that_lost_its_lease(self, values: dict[int, int]) -> None:
        self.deliver(Batch(self.epoch - 1, self.seq + 1, encoded(values)), old=True)

    @rule(values=QUOTES)
    def start_the_session_anew(self, values: dict[int, int]) -> None:
        self.epoch, self.seq, self.stored = self.epoch + 1, 0, {}
        self.deliver(self.written(values))

    @rule()
    def reconnect(self) -> None:
        self.read_snapshot()

    @rule(which=st.integers(0, 2))
    def take(self, which: int) -> None:
        self.screens[which].take_all()

    @rule(which=st.integers(0, 2), con_ids=st.sets(CON_IDS))
    def show_something_else(self, which: int, con_ids: set[int]) -> None:
        self.show(self.screens[which], con_ids)

    @precondition(lambda self: self.feed._newest is not None)
    @rule()
    def stop_the_session(self) -> None:
        self.stored, self.missed = {}, False
        self.feed.restart(NOTHING)
        self.epoch, self.seq = self.epoch + 1, 0

    @invariant()
    def the_newest_is_what_everyone_ends_with(self) -> None:
        if self.feed._newest is None or self.missed:
            return
        for screen in self.screens:
            newest = {con_id: value for con_id, value in self.stored.items() if con_id in screen.mailbox.wanted}
            untaken = {con_id: json.loads(quote)[1] for con_id, quote in screen.mailbox._untaken.items()}
            kept = {} if screen.mailbox._begins else screen.shown
            assert kept | untaken == newest

    def teardown(self) -> None:
        self.read_snapshot()
        for screen in self.screens:
            screen.take_all()
            assert screen.shown == {c: v for c, v in self.stored.items() if c in screen.mailbox.wanted}

    def written(self, values: dict[int, int]) -> Batch:
        self.seq += 1
        self.stored |= values
        return Batch(self.epoch, self.seq, encoded(values))

    def deliver(self, batch: Batch, *, old: bool = False) -> None:
        """As the fan-out does it."""
        if not self.feed.apply(batch):
            self.read_snapshot()
        else:
            assert old or not self.missed, "a missing batch is noticed at the next one"

    def read_snapshot(self) -> None:
        self.feed.restart(Batch(self.epoch, self.seq, encoded(self.stored)))
        self.missed = False

    def show(self, screen: Screen, con_ids: set[int]) -> None:
        screen.mailbox.want(con_ids)
        self.feed.add(screen.mailbox)


TestStream = Stream.TestCase
TestStream.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


async def test_taking_waits_until_something_changed() -> None:
    mailbox = Mailbox()
    mailbox.want([1])
    taken = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    mailbox.put(Batch(1, 5, {2: "[]"}))
    await asyncio.sleep(0)
    assert not taken.done()
    mailbox.restart(Batch(1, 6, {}))
    assert (await taken).encode() == '{"type":"snapshot","epoch":1,"seq":6,"quotes":[]}'


async def test_a_browser_that_takes_late_gets_each_instrument_once_and_newest() -> None:
    mailbox = Mailbox()
    mailbox.want([1, 2])
    mailbox.restart(Batch(1, 1, {}))
    await mailbox.take()
    for seq in range(2, 1002):
        mailbox.put(Batch(1, seq, {seq % 3: f"[{seq}]"}))
    frame = await mailbox.take()
    assert (frame.prev, frame.seq) == (1, 1001)
    assert sorted(frame.quotes) == ["[1000]", "[1001]"]
