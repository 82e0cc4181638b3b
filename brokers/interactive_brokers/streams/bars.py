"""Bars that come as they are made: of five seconds, or of any size and kept up to date."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ib_insync import BarData

from brokers.domain import Bar, BarSize, StreamKind, StreamStatus, WhatToShow
from brokers.interactive_brokers import clock, contracts, convert
from brokers.interactive_brokers.history import BarsAsked, HistoryReader, Refusal, bars_of, longest_page, refusal
from brokers.interactive_brokers.link.health import FarmKind
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.pacing import HistoryPacing
from brokers.interactive_brokers.requests.history import duration
from brokers.interactive_brokers.streams.registry import Key
from brokers.interactive_brokers.streams.sequence import BarSequence
from brokers.interactive_brokers.streams.stream import Parts, Stream
from brokers.refusals import LinkLost, NodeError, RequestRefused

# Between our clock and IB's.
_CLOCKS_APART = timedelta(seconds=5)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class BarStream(Stream):
    """It asks at the pace of history, so it has a task: that waits for its turn, and lives as long as it's open."""

    kind = StreamKind.BARS

    def __init__(self, parts: Parts, asked: BarsAsked, *, pacing: HistoryPacing) -> None:
        super().__init__(parts, asked.instrument)
        self.asked = asked
        self._pacing = pacing
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        _ = self._parts.connection.session  # raises LinkLost
        self._task = asyncio.create_task(self._run_or_fail(), name=f"ib-bars-{self.instrument.con_id}")

    def forget(self) -> None:
        super().forget()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _status(self) -> StreamStatus:
        return replace(super()._status(), bar_size=self.asked.bar_size, what_to_show=self.asked.what_to_show)

    async def _run_or_fail(self) -> None:
        """What went wrong is told, and asked for again later."""
        try:
            await self._run()
        except LinkLost:
            return  # the next connection opens it again
        except RequestRefused as error:
            why = refusal(error, about=self.asked.name)
            if why is Refusal.TOO_FAST:
                self._pacing.hold(self._parts.config.history_pause)
            self._failed(error)
        except (NodeError, ValueError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.fail(str(error))

    @abstractmethod
    async def _run(self) -> None:
        """Asks, and reads what has to be read first."""


class FiveSecondBars(BarStream):
    """https://interactivebrokers.github.io/tws-api/realtime_bars.html. Those of an outage are not told afterwards."""

    @property
    def patience(self) -> float:
        """IB makes one every five seconds, whether anybody trades or not: a few that are missing are no accident."""
        return self._parts.config.bars_stale_after

    async def _run(self) -> None:
        async with self._pacing.turn(question=object(), family=self.asked.family):
            self._bind(self._ask(self._parts.connection.session))

    def _ask(self, session: Session) -> int:
        return session.market_data.open_five_second_bars(
            contracts.of_instrument(self.instrument),
            what_to_show=self.asked.what_to_show,
            regular_hours_only=self.asked.regular_hours_only,
        )

    def _cancel(self, session: Session, request_id: int) -> None:
        session.market_data.close_five_second_bars(request_id)

    def tell(self, said: convert.SaidBar) -> None:
        self.hear()
        self._parts.listener.on_bar(
            convert.five_second_bar(said, con_id=self.instrument.con_id, what_to_show=self.asked.what_to_show)
        )


class KeptBars(BarStream):
    """The newest bar at each change of it, and once more as complete when the next one begins.

    After an outage the bars that were missed are told first, each once and in order. A stream that is new begins with
    the last bars before it. Each bar is of the past until it's made: a farm of the past serves them too.
    """

    farms = frozenset({FarmKind.QUOTES, FarmKind.PAST})

    def __init__(self, parts: Parts, asked: BarsAsked, *, pacing: HistoryPacing, history: HistoryReader) -> None:
        super().__init__(parts, asked, pacing=pacing)
        self._history = history
        self._sequence = BarSequence()
        self._early: list[BarData] | None = []  # updates from before the first answer was read; None from then on

    @property
    def patience(self) -> float:
        """IB tells a bar when it changes, so it's as quiet as what it's made of: trades, or quotes."""
        config = self._parts.config
        return config.trades_stale_after if self.asked.what_to_show is WhatToShow.TRADES else config.stale_after

    def open(self) -> None:
        self._sequence.cut()
        self._early = []
        super().open()

    async def _run(self) -> None:
        await self._fill_the_gap()
        question = (self.asked, duration(self._span()))
        async with self._pacing.turn(question=question, family=self.asked.family, weight=self.asked.weight):
            await self._read_the_first(self._span())  # the newest bar may be long ago by now
            await asyncio.get_running_loop().create_future()  # it stays open at IB until this task is cancelled

    async def _fill_the_gap(self) -> None:
        """What the first answer of the new request may not reach back to: the wait for its turn makes it longer."""
        newest, now = self._sequence.newest, clock.utc_now()
        if newest is not None and now - newest.at > longest_page(self.asked.bar_size) / 2:
            deadline = self._parts.config.history_deadline
            for bar in await self._history.bars(self.asked, start=newest.at, end=now, deadline=deadline):
                self._tell(bar)

    async def _read_the_first(self, span: timedelta) -> None:
        said = await self._parts.connection.ask(
            lambda session: self._first_answer(session, span),
            what=self.asked.name,
            deadline=self._parts.config.history_deadline,
        )
        bars = bars_of(said, asked=self.asked, known_until=clock.utc_now() - _CLOCKS_APART)
        for number, bar in enumerate(bars, 1):
            self._tell(replace(bar, is_complete=bar.is_complete or number < len(bars)))
        self.confirm()
        early, self._early = self._early or [], None
        for update in early:
            self.update(update)

    async def _first_answer(self, session: Session, span: timedelta) -> list[BarData]:
        request_id, answer = session.history.keep_bars(
            contracts.of_instrument(self.instrument),
            span=span,
            bar_size=self.asked.bar_size,
            what_to_show=self.asked.what_to_show,
            regular_hours_only=self.asked.regular_hours_only,
        )
        self._bind(request_id)
        return await answer

    def _span(self) -> timedelta:
        """From the newest bar that was told, or two bars; IB takes no fewer than 30 seconds."""
        length, since = self.asked.bar_size.length, timedelta()
        if self._sequence.newest is not None:
            since = clock.utc_now() - self._sequence.newest.at + _CLOCKS_APART
        return min(longest_page(self.asked.bar_size), max(since + length, 2 * length, timedelta(seconds=30)))

    def _cancel(self, session: Session, request_id: int) -> None:
        session.history.end_bars(request_id)

    def update(self, said: BarData) -> None:
        if self._early is not None:
            self._early.append(said)
            return
        self.hear()
        # Nothing of the newest bar is complete before the next one begins.
        [bar] = bars_of([said], asked=self.asked, known_until=_LONG_AGO)
        self._tell(bar)

    def _tell(self, bar: Bar) -> None:
        for told in self._sequence.news(bar):
            self._parts.listener.on_bar(told)


def bars_key(asked: BarsAsked) -> Key:
    return (
        StreamKind.BARS, asked.instrument.con_id, asked.bar_size, asked.what_to_show, asked.regular_hours_only,
    )  # fmt: skip


def keeps(bar_size: BarSize) -> bool:
    """Whether IB keeps bars of this size up to date; those of five seconds come by a request of their own."""
    return bar_size.length > BarSize.SECONDS_5.length
