"""The past: bars and ticks, in as many pages as IB's limits ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import takewhile
from typing import TypeVar

from ib_insync import BarData

from brokers.domain import Bar, BarSize, HistoricalTick, Instrument, WhatToShow
from brokers.interactive_brokers import clock, contracts, convert, errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.pacing import HistoryPacing
from brokers.refusals import NoAnswer, RequestRefused

Answer = TypeVar("Answer")

# How much of the past IB tells in one answer: https://interactivebrokers.github.io/tws-api/historical_bars.html.
_LONGEST = (
    (timedelta(seconds=1), timedelta(minutes=30)),
    (timedelta(seconds=5), timedelta(hours=1)),
    (timedelta(seconds=15), timedelta(hours=4)),
    (timedelta(seconds=30), timedelta(hours=8)),
    (timedelta(minutes=1), timedelta(days=1)),
    (timedelta(minutes=2), timedelta(days=2)),
    (timedelta(minutes=20), timedelta(days=7)),
    (timedelta(hours=8), timedelta(days=30)),
)
_A_YEAR = timedelta(days=365)
# The whole answer has one, which is around all of its pages.
_NO_DEADLINE = 24 * 3600.0
_SECOND = timedelta(seconds=1)
# An end that was "now" when the caller worked it out.
_JUST_NOW = timedelta(minutes=1)
_EMPTY_STEP = timedelta(hours=1)


class Refusal(Enum):
    """What a 162 or a 420 means: only its text says it."""

    TOO_FAST = auto()
    NO_DATA = auto()
    OTHER = auto()


def refusal(error: RequestRefused, *, about: str) -> Refusal:
    """`about` is in the error's words, and isn't IB's."""
    said = str(error).replace(about, "").lower()
    if errors.meaning(error.code, Context.DATA) is not Meaning.HISTORY_REFUSED:
        return Refusal.OTHER
    if "pacing" in said:
        return Refusal.TOO_FAST
    return Refusal.NO_DATA if "no data" in said else Refusal.OTHER


def longest_page(bar_size: BarSize) -> timedelta:
    """The most that IB tells in one answer of bars of this size."""
    return next((span for length, span in _LONGEST if bar_size.length <= length), _A_YEAR)


def what_to_show_of(instrument: Instrument) -> WhatToShow:
    """Trades, or the middle of bid and ask for what has none."""
    return WhatToShow.TRADES if convert.has_trades(instrument.security_type) else WhatToShow.MIDPOINT


@dataclass(frozen=True, slots=True)
class BarsAsked:
    """Which bars of which instrument."""

    instrument: Instrument
    bar_size: BarSize
    what_to_show: WhatToShow
    regular_hours_only: bool

    @property
    def name(self) -> str:
        return f"bars of {self.bar_size.value} of {self.instrument.display_symbol}"

    @property
    def name_of_ticks(self) -> str:
        return f"past ticks of {self.instrument.display_symbol}"

    @property
    def weight(self) -> int:
        """How often IB counts a question about it."""
        return 2 if self.what_to_show is WhatToShow.BID_ASK else 1

    @property
    def family(self) -> tuple[object, ...]:
        return (self.instrument.con_id, self.instrument.exchange, self.what_to_show)


class HistoryReader:
    """Asks one question at a time for each caller, at the pace that IB allows to all of them together."""

    def __init__(self, *, connection: InteractiveBrokersConnection, pacing: HistoryPacing, pause: float) -> None:
        self._connection = connection
        self._pacing = pacing
        self._pause = pause

    async def bars(self, asked: BarsAsked, *, start: datetime, end: datetime, deadline: float) -> list[Bar]:
        """Those that begin from `start` on and before `end`, oldest first, each once.

        Raises NoAnswer at the deadline (seconds), RequestRefused, LinkLost, and ValueError for an end in the past of
        ADJUSTED_LAST, which IB tells up to now alone.
        """
        found: dict[datetime, Bar] = {}
        async with _deadline(deadline, asked.name):
            pages = self._page_until_now if asked.what_to_show is WhatToShow.ADJUSTED_LAST else self._pages
            async for page in pages(asked, start=start, end=end):
                # At a seam the newer page has the whole bar, the older may have the beginning of it.
                found = {bar.at: bar for bar in page} | found
        return [found[at] for at in sorted(found) if start <= at < end]

    async def ticks(self, asked: BarsAsked, *, start: datetime, end: datetime, deadline: float) -> list[HistoricalTick]:
        """Those from `start` on and before `end`, oldest first. Raises NoAnswer, RequestRefused, LinkLost."""
        found: list[HistoricalTick] = []
        at = start.replace(microsecond=0)
        async with _deadline(deadline, asked.name_of_ticks):
            while at < end:
                page = await self._tick_page(asked, at)
                found += page[_overlap(found, page, at) :]
                at = _next_tick_page(at, page)
        return [tick for tick in found if start <= tick.at < end]

    async def _pages(self, asked: BarsAsked, *, start: datetime, end: datetime) -> AsyncIterator[list[Bar]]:
        """From the newest to the oldest."""
        longest = longest_page(asked.bar_size)
        while start < end:
            span = min(longest, max(end - start, asked.bar_size.length))
            page = await self._bar_page(asked, end=end, span=span)
            yield page
            oldest = min((bar.at for bar in page), default=end)
            if end - span <= start:
                return  # IB has looked back as far as that, if not further: days are trading days to it
            # A page without anything older: nothing traded in it.
            end = oldest if oldest < end else end - span

    async def _page_until_now(self, asked: BarsAsked, *, start: datetime, end: datetime) -> AsyncIterator[list[Bar]]:
        """All in one answer, since IB takes no end for these (321, "End Date not supported with adjusted last")."""
        now = clock.utc_now()
        if end < now - _JUST_NOW:
            raise ValueError(
                f"Interactive Brokers tells bars of ADJUSTED_LAST up to now alone, and not until {end}: "
                "ask with an end of now or later, or for bars of TRADES."
            )
        if start < min(end, now):
            yield await self._bar_page(asked, end=None, span=max(now - start, asked.bar_size.length))

    async def _bar_page(self, asked: BarsAsked, *, end: datetime | None, span: timedelta) -> list[Bar]:
        """Up to now without an `end`."""
        now = clock.utc_now()
        known_until = now if end is None else min(end, now)
        said: list[BarData] = await self._paced(
            lambda session: session.history.bars(
                contracts.of_instrument(asked.instrument),
                end=end,
                span=span,
                bar_size=asked.bar_size,
                what_to_show=asked.what_to_show,
                regular_hours_only=asked.regular_hours_only,
            ),
            asked=asked,
            name=asked.name,
            question=(asked, end, span),
        )
        return bars_of(said, asked=asked, known_until=known_until)

    async def _tick_page(self, asked: BarsAsked, start: datetime) -> list[HistoricalTick]:
        said = await self._paced(
            lambda session: session.history.ticks(
                contracts.of_instrument(asked.instrument),
                start=start,
                what_to_show=asked.what_to_show,
                regular_hours_only=asked.regular_hours_only,
            ),
            asked=asked,
            name=asked.name_of_ticks,
            question=(asked, start),
        )
        return [convert.past_tick(tick, con_id=asked.instrument.con_id) for tick in said]

    async def _paced(
        self, request: Callable[[Session], Awaitable[list[Answer]]], *, asked: BarsAsked, name: str, question: object
    ) -> list[Answer]:
        """Again after a pause when IB finds it too fast. Its "no data" is an empty answer."""
        while True:
            try:
                async with self._pacing.turn(question=question, family=asked.family, weight=asked.weight):
                    return await self._connection.ask(request, what=name, deadline=_NO_DEADLINE)
            except RequestRefused as error:
                why = refusal(error, about=name)
                if why is Refusal.NO_DATA:
                    return []
                if why is Refusal.OTHER:
                    raise
                self._pacing.hold(self._pause)


def bars_of(said: list[BarData], *, asked: BarsAsked, known_until: datetime) -> list[Bar]:
    return [
        convert.bar(
            one,
            con_id=asked.instrument.con_id,
            bar_size=asked.bar_size,
            what_to_show=asked.what_to_show,
            time_zone=asked.instrument.time_zone,
            known_until=known_until,
        )
        for one in said
    ]


def _overlap(found: list[HistoricalTick], page: list[HistoricalTick], at: datetime) -> int:
    """How many of the page's first ticks are known: it begins with the second in which the page before ended.

    Counted, not compared: two trades of one second can be alike.
    """
    known = sum(1 for _ in takewhile(lambda tick: tick.at == at, reversed(found)))
    return min(known, sum(1 for _ in takewhile(lambda tick: tick.at == at, page)))


def _next_tick_page(at: datetime, page: list[HistoricalTick]) -> datetime:
    """Again the second in which this one ended, in case that it isn't whole; else further on.

    After a page of nothing a step of an hour: whether IB looks beyond the end of a session is not written anywhere.
    """
    if not page:
        return at + _EMPTY_STEP
    newest = page[-1].at
    return newest if newest > at else at + _SECOND


@asynccontextmanager
async def _deadline(seconds: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise NoAnswer(f"IB did not answer with all {what} within {seconds:g} s.") from None
