"""Farms that fall and rise, of quotes and of the past: who is doubted, and who is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from brokers.domain import StreamKind
from brokers.interactive_brokers.link.health import FarmKind
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.streams.farms import Farms
from brokers.interactive_brokers.streams.stream import Stream
from brokers.listener import NodeListener
from tests.brokers.interactive_brokers.test_freshness import parts
from tests.brokers.words.stage import AAPL

GRACE = 5.0
EMPTYING = 1.0
FARMS = {"usfarm": FarmKind.QUOTES, "eufarm": FarmKind.QUOTES, "ushmds": FarmKind.PAST}


class OneStream(Stream):
    """A book or a chart, by a clock that the test moves. It counts how often it was asked for."""

    kind = StreamKind.DEPTH
    patience = 60.0
    time = 0.0
    opened = 0

    def now(self) -> float:
        return self.time

    def open(self) -> None:
        self.opened += 1
        self._bind(self.opened)

    def _cancel(self, session: Session, request_id: int) -> None: ...


class Chart(OneStream):
    kind = StreamKind.BARS
    farms = frozenset({FarmKind.QUOTES, FarmKind.PAST})


class World(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        listener = NodeListener()
        instruments = [replace(AAPL, con_id=con_id) for con_id in (1, 2)]
        self.streams = [kind(parts(listener), one) for kind in (OneStream, Chart) for one in instruments]
        self.farms = Farms(cast("Any", self), grace=GRACE)
        self.time = 0.0
        self.down: dict[str, float] = {}
        self.heard: dict[OneStream, float] = {}
        self.elsewhere: dict[str, set[int]] = {farm: set() for farm in FARMS}
        self.expected = dict.fromkeys(self.streams, 1)
        for stream in self.streams:
            stream.open()

    def __iter__(self) -> Iterator[OneStream]:
        """As the registry."""
        return iter(self.streams)

    @rule(seconds=st.sampled_from([0.5, 2.0, 6.0]))
    def time_passes(self, seconds: float) -> None:
        self.time += seconds
        for stream in self.streams:
            stream.time = self.time
        self.look()

    @rule(number=st.integers(0, 3))
    def it_ticks(self, number: int) -> None:
        stream = self.streams[number]
        stream.hear()
        self.heard[stream] = self.time
        self.look()
        assert stream.is_stale is False

    @rule(farm=st.sampled_from(sorted(FARMS)))
    def it_falls(self, farm: str) -> None:
        self.farms.on_farm(FARMS[farm], farm, False)
        self.farms.on_caught_up(self.time)
        self.down.setdefault(farm, self.time)
        self.look()

    @rule(farm=st.sampled_from(sorted(FARMS)))
    def it_rises(self, farm: str) -> None:
        silent = self.silent(farm) if farm in self.down else []
        self.farms.on_farm(FARMS[farm], farm, True)
        self.farms.on_caught_up(self.time)
        self.down.pop(farm, None)
        for stream in silent:
            self.expected[stream] += 1
            self.heard.pop(stream, None)
        self.look()

    def look(self) -> None:
        self.farms.look(self.time)
        for farm in self.down:
            if FARMS[farm] is FarmKind.QUOTES:
                ticking = set(self.streams) - set(self.silent(farm))
                self.elsewhere[farm] |= {stream.instrument.con_id for stream in ticking}

    def silent(self, farm: str) -> list[OneStream]:
        """What the farm may serve and has not ticked since it fell."""
        then = self.down[farm] + EMPTYING
        return [one for one in self.streams if FARMS[farm] in one.farms and self.heard.get(one, -1.0) <= then]

    @invariant()
    def what_was_silent_is_asked_for_again_and_nothing_else(self) -> None:
        assert {stream: stream.opened for stream in self.streams} == self.expected

    @invariant()
    def what_is_silent_for_longer_than_the_grace_is_stale_unless_it_is_served_elsewhere(self) -> None:
        for farm, since in self.down.items():
            for stream in self.silent(farm) if self.time >= since + GRACE else []:
                assert stream.is_stale or stream.instrument.con_id in self.elsewhere[farm]

    @invariant()
    def nothing_is_doubted_while_no_farm_has_ever_been_down_for_long(self) -> None:
        if self.time < GRACE:
            assert not any(stream.is_stale for stream in self.streams)


TestFarms = World.TestCase
