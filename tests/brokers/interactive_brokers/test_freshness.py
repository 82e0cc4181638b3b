"""A stream's standing, whatever comes, whenever it's quiet, and whether or not its hours are known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from brokers.config import InteractiveBrokersDataClientConfig, TradingNodeConfig
from brokers.domain import StreamKind, StreamStatus, TradingInterval
from brokers.interactive_brokers import clock
from brokers.interactive_brokers.budget import Slots
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.streams.freshness import Freshness
from brokers.interactive_brokers.streams.stream import Parts, Routes, Stream
from brokers.interactive_brokers.streams.timetables import Timetables
from brokers.listener import NodeListener
from tests.brokers.words.stage import AAPL

BEGIN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
PATIENCE = 60.0
SECONDS = st.integers(1, 4).map(lambda quarter: quarter * PATIENCE / 2)


class Listener(NodeListener):
    def __init__(self) -> None:
        self.told: list[StreamStatus] = []

    def on_stream_status(self, status: StreamStatus) -> None:
        self.told.append(status)


class OneStream(Stream):
    """By a clock that the test moves, and asked of nobody."""

    kind = StreamKind.DEPTH
    patience = PATIENCE
    time = 0.0

    def now(self) -> float:
        return self.time

    def open(self) -> None:
        self._bind(1)

    def _cancel(self, session: Session, request_id: int) -> None: ...


class Standing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.listener = Listener()
        self.stream = OneStream(parts(self.listener), AAPL)
        self.freshness = Freshness(Timetables(cast("Any", None), retry_after=1.0))
        self.quiet, self.expected = 0.0, cast("bool | None", False)
        self.stream.open()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.stream.time += seconds
        self.quiet += seconds
        self.look()

    @rule()
    def something_comes(self) -> None:
        self.stream.hear()
        self.quiet, self.expected = 0.0, False

    @rule(reaches=st.booleans(), begun=st.none() | SECONDS)
    def hours_are_told(self, reaches: bool, begun: float | None) -> None:
        """A list that may have run out, with a session that began so long ago, or none."""
        now, hour = self.now(), timedelta(hours=1)
        start = now - timedelta(seconds=begun) if begun is not None else now + hour
        self.stream.instrument = replace(
            AAPL, liquid_hours=(TradingInterval(start, start + hour),), hours_until=now + hour if reaches else now
        )
        self.look()

    @rule()
    def nothing_is_known_of_the_hours(self) -> None:
        self.stream.instrument = AAPL
        self.look()

    def look(self) -> None:
        with time_stands_at(self.now()):
            self.freshness.look(self.stream, self.stream.time)
        self.expected = self.judged()

    def judged(self) -> bool | None:
        if self.quiet < PATIENCE:
            return self.expected
        instrument, now = self.stream.instrument, self.now()
        if instrument.hours_until is None or now >= instrument.hours_until:
            return True if self.expected else None
        [session] = instrument.liquid_hours
        if not session.start <= now < session.end:
            return self.expected or False
        has_begun_long_ago = now - session.start >= timedelta(seconds=PATIENCE)
        return True if has_begun_long_ago else self.expected

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.stream.time)

    @invariant()
    def it_stands_as_it_should(self) -> None:
        assert self.stream.is_stale is self.expected

    @invariant()
    def each_change_is_told_once(self) -> None:
        told = [False, *(status.is_stale for status in self.listener.told)]
        assert told[-1] is self.expected
        assert all(one is not other for one, other in pairwise(told))

    @invariant()
    def what_is_in_doubt_is_asked_for_again(self) -> None:
        if self.quiet >= PATIENCE and self.expected is not False:
            assert self.stream.retry.take(float("inf"))
            self.stream.retry.plan(self.stream.time)


def parts(listener: NodeListener) -> Parts:
    return Parts(
        config=InteractiveBrokersDataClientConfig(),
        connection=InteractiveBrokersConnection(config=TradingNodeConfig(), listener=listener),
        listener=listener,
        routes=Routes(),
        lines=Slots(1, refusal=""),
    )


@contextmanager
def time_stands_at(moment: datetime) -> Iterator[None]:
    clock.utc_now, real = lambda: moment, clock.utc_now
    yield
    clock.utc_now = real


TestStanding = Standing.TestCase
