"""Bars that are kept up to date, through outages: none is missed, none is told twice as new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from brokers.domain import Bar, BarSize
from brokers.interactive_brokers.streams.sequence import BarSequence

BEGIN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


def bar(minute: int, close: int, *, is_complete: bool = False) -> Bar:
    price = Decimal(close)
    return Bar(
        con_id=1, at=BEGIN + timedelta(minutes=minute), open=price, high=price, low=price, close=price,
        is_complete=is_complete, bar_size=BarSize.MINUTE,
    )  # fmt: skip


class Broker(RuleBasedStateMachine):
    """Minutes pass, some with trades and some without; the stream is lost and comes back, and IB says things twice."""

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0
        self.closes: dict[int, int] = {}  # minute -> close, of minutes in which somebody traded
        self.price = 100
        self.is_streaming = False
        self.sequence = BarSequence()
        self.told: list[Bar] = []

    def say(self, said: Bar) -> None:
        self.told += self.sequence.news(said)

    @rule()
    def somebody_trades(self) -> None:
        self.price += 1
        self.closes[self.minute] = self.price
        if self.is_streaming:
            self.say(bar(self.minute, self.price))

    @rule(minutes=st.integers(1, 3))
    def time_passes(self, minutes: int) -> None:
        self.minute += minutes

    @precondition(lambda self: self.is_streaming)
    @rule()
    def the_stream_is_lost(self) -> None:
        self.is_streaming = False

    @rule()
    def the_stream_is_opened(self) -> None:
        """Perhaps again, though it was there. The answer reaches back to the newest bar that was told."""
        self.sequence.cut()
        newest = self.sequence.newest
        since = min(self.closes, default=0) if newest is None else (newest.at - BEGIN) // timedelta(minutes=1)
        for minute in sorted(self.closes):
            if minute >= since:
                self.say(bar(minute, self.closes[minute], is_complete=minute < self.minute))
        self.is_streaming = True

    @precondition(lambda self: self.is_streaming and self.closes)
    @rule(back=st.integers(0, 4))
    def ib_says_a_bar_again(self, back: int) -> None:
        minute = sorted(self.closes)[-1 - min(back, len(self.closes) - 1)]
        before = list(self.told)
        self.say(bar(minute, self.closes[minute]))
        assert self.told == before

    @invariant()
    def bars_are_told_in_order(self) -> None:
        moments = [one.at for one in self.told]
        assert moments == sorted(moments)

    @invariant()
    def what_is_complete_is_told_once_and_last(self) -> None:
        complete = {place: one.at for place, one in enumerate(self.told) if one.is_complete}
        assert len(set(complete.values())) == len(complete)
        assert all(later.at != at for place, at in complete.items() for later in self.told[place + 1 :])

    @invariant()
    def nothing_is_told_twice(self) -> None:
        assert all(one != other for one, other in pairwise(self.told))

    @invariant()
    def while_it_streams_no_bar_is_missing(self) -> None:
        if not self.is_streaming or self.sequence.newest is None:
            return
        ended = {minute: close for minute, close in self.closes.items() if minute < max(self.closes)}
        complete = {(one.at - BEGIN) // timedelta(minutes=1): int(one.close) for one in self.told if one.is_complete}
        assert {minute: complete.get(minute) for minute in ended} == ended
        assert int(self.told[-1].close) == self.closes[max(self.closes)]


TestBarSequence = Broker.TestCase


def test_a_bar_that_is_the_same_after_an_outage_is_complete_when_the_next_begins() -> None:
    sequence = BarSequence()
    assert sequence.news(bar(0, 100)) == [bar(0, 100)]
    sequence.cut()
    assert sequence.news(bar(0, 100)) == []
    assert sequence.news(bar(1, 101)) == [bar(0, 100, is_complete=True), bar(1, 101)]


def test_a_bar_that_ib_says_no_more_of_after_an_outage_is_not_called_complete() -> None:
    sequence = BarSequence()
    sequence.news(bar(0, 100))
    sequence.cut()
    assert sequence.news(bar(2, 101)) == [bar(2, 101)]
