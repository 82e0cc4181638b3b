"""The bars of what somebody charts: the past is read once, and a stream goes on from there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import nlargest

from brokers.domain import Bar, BarSize, Instrument, SecurityType, StreamStatus, WhatToShow
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.refusals import NodeError, SubscriptionRefused
from webapp.bus.panes import GOOD, Pane, Span, Standing, encode_bars

Show = Callable[[str, str], None]

# How many of the newest bars go out at a change: what a browser missed of the one before is in it.
TAIL = 3
# Seconds for the stream's first bar. The past is read after it, so that no bar falls between the two.
STREAM_FIRST = 3.0
# Seconds before a past that was refused is asked for again.
AGAIN_AFTER = 15.0
# A market may have been closed for so long: a chart then ends where it closed.
LONGEST_PAUSE = timedelta(days=4)
SUBSCRIBER = "charts"


class HistoryRefused(Exception):
    """Its text is written for the user."""


class Chart:
    """One instrument's bars of one size. `loaded_at` is when its past was read last; None until it was."""

    def __init__(self, instrument: Instrument, span: Span, *, data: InteractiveBrokersDataClient, show: Show) -> None:
        self.pane = Pane(instrument.con_id, span)
        self.what_to_show = _made_of(instrument)
        self.loaded_at: datetime | None = None
        self.standing = GOOD
        self._instrument = instrument
        self._span = span
        self._data = data
        self._show = show
        self._bars: dict[datetime, Bar] = {}
        self._streamed: set[datetime] = set()  # which of them the stream brought
        self._streams = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None
        self._refusal: tuple[float, str] | None = None  # when, by the loop's clock, and why

    @property
    def bars(self) -> list[Bar]:
        """Oldest first, as far back from the newest as the span reaches."""
        if not self._bars:
            return []
        ordered = sorted(self._bars)
        first = ordered[-1] - self._span.length
        return [self._bars[at] for at in ordered if at > first]

    def open(self) -> None:
        """Raises LinkLost. A stream that isn't to be had leaves a chart that says so, with its past."""
        try:
            self._data.subscribe_bars(
                self._instrument,
                bar_size=self._span.bar_size,
                what_to_show=self.what_to_show,
                subscriber=SUBSCRIBER,
            )
        except SubscriptionRefused as refusal:
            self.standing = Standing(is_stale=True, reason=f"It isn't kept up to date: {refusal}")
            self._streams.set()
        self._load()

    def stop(self) -> None:
        if self._loading is not None:
            self._loading.cancel()

    def close(self) -> None:
        self.stop()
        self._data.unsubscribe_bars(
            self._instrument, bar_size=self._span.bar_size, what_to_show=self.what_to_show, subscriber=SUBSCRIBER
        )

    def put(self, bar: Bar) -> None:
        came_late = not self._streams.is_set() and self.loaded_at is not None
        self._streams.set()
        if bar.at not in self._bars:
            self._trim()
        self._bars[bar.at] = bar
        self._streamed.add(bar.at)
        if came_late:  # it may have begun after the past ended
            self._load()
        self._tell()

    def mark(self, status: StreamStatus) -> None:
        self.standing = Standing(status.is_stale, status.reason if status.is_stale is not False else "")
        self._tell()

    async def loaded(self) -> None:
        """Returns once the past is there, however long that takes. Raises HistoryRefused with the broker's words."""
        now = asyncio.get_running_loop().time()
        if self.loaded_at is None and self._refusal is not None and now - self._refusal[0] > AGAIN_AFTER:
            self._load()
        if self.loaded_at is None and self._loading is not None:
            await asyncio.wait({self._loading})
        if self.loaded_at is None:
            raise HistoryRefused(self._refusal[1] if self._refusal is not None else "The chart was closed.")

    def _load(self) -> None:
        if self._loading is None or self._loading.done():
            self._refusal = None
            self._loading = asyncio.create_task(self._read_the_past(), name=f"history of {self.pane}")

    async def _read_the_past(self) -> None:
        await self._wait_for_the_stream()
        try:
            past = await self._past()
        except (NodeError, ValueError) as refusal:
            self._refusal = (asyncio.get_running_loop().time(), str(refusal))
            return
        # The stream's are the newer; of two readings it is the second, where the first one's last bar is half made.
        self._bars.update({bar.at: bar for bar in past if bar.at not in self._streamed})
        self.loaded_at = datetime.now(UTC)
        self._tell()

    async def _wait_for_the_stream(self) -> None:
        try:
            async with asyncio.timeout(STREAM_FIRST):
                await self._streams.wait()
        except TimeoutError:
            pass  # it comes later, and the past is then read again

    async def _past(self) -> list[Bar]:
        """Further back when the market is closed: an empty chart would say less than one that ends on Friday."""
        past = await self._read(self._span.length)
        return past or await self._read(self._span.length + LONGEST_PAUSE)

    async def _read(self, length: timedelta) -> list[Bar]:
        now = datetime.now(UTC)
        return await self._data.historical_bars(
            self._instrument, now - length, now, self._span.bar_size, self.what_to_show
        )

    def _trim(self) -> None:
        """A chart that is looked at for days doesn't grow."""
        self._bars = {bar.at: bar for bar in self.bars}
        self._streamed &= self._bars.keys()

    def _tell(self) -> None:
        tail = [self._bars[at] for at in sorted(nlargest(TAIL, self._bars))]
        self._show(str(self.pane), encode_bars(self.pane, tail, self.standing, loaded_at=self.loaded_at))


class Charts:
    """All charts of one node."""

    def __init__(self, *, data: InteractiveBrokersDataClient, show: Show) -> None:
        self._data = data
        self._show = show
        self._charts: dict[tuple[int, BarSize | None], Chart] = {}

    def get(self, pane: Pane) -> Chart | None:
        return self._charts.get(_place(pane))

    def open(self, pane: Pane, instrument: Instrument) -> None:
        """Raises LinkLost."""
        if pane.span is not None and self.get(pane) is None:
            chart = Chart(instrument, pane.span, data=self._data, show=self._show)
            chart.open()
            self._charts[_place(pane)] = chart

    def close(self, pane: Pane) -> None:
        chart = self._charts.pop(_place(pane), None)
        if chart is not None:
            chart.close()

    def put(self, bar: Bar) -> None:
        chart = self._charts.get((bar.con_id, bar.bar_size))
        if chart is not None:
            chart.put(bar)

    def mark(self, status: StreamStatus) -> None:
        chart = self._charts.get((status.con_id, status.bar_size))
        if chart is not None:
            chart.mark(status)

    def forget(self) -> None:
        """The link is gone, and its streams with it."""
        for chart in self._charts.values():
            chart.stop()
        self._charts.clear()


def _place(pane: Pane) -> tuple[int, BarSize | None]:
    """What a bar says of itself."""
    return pane.con_id, pane.span.bar_size if pane.span is not None else None


def _made_of(instrument: Instrument) -> WhatToShow:
    """IB keeps no bars of a coin's trades up to date, and tells none of a currency pair's."""
    has_none = instrument.security_type in (SecurityType.CASH, SecurityType.CRYPTO)
    return WhatToShow.MIDPOINT if has_none else WhatToShow.TRADES
