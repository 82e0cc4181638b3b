"""Which panes a session keeps up to date: those that somebody looks at, and no others."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from brokers.domain import Bar, Depth, Instrument, StreamKind, StreamStatus
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.refusals import SubscriptionRefused
from webapp.bus import interest, quotes
from webapp.bus.panes import Pane, Standing, encode_nothing
from workers.database import PASSING_ERRORS, Database
from workers.interest import known_instruments
from workers.panes.books import Books
from workers.panes.charts import Chart, Charts
from workers.waiting import rung

log = logging.getLogger(__name__)

# Seconds between two looks when no doorbell rings.
LOOK_EVERY = 3.0
# Seconds that an unwanted pane goes on: a page that reloads finds it running.
GRACE = 10.0
# Seconds before a book that was refused is tried again: another one may have been closed.
REFUSED_FOR = 5.0
REDIS_DEADLINE = 2.0

NOT_KEPT = Standing(is_stale=True, reason=quotes.NOT_KEPT)
DATABASE_DEADLINE = 5.0


class Panes:
    """Of one node. Lives as long as the link, so a new link starts from nothing."""

    def __init__(
        self,
        *,
        account_id: UUID,
        data: InteractiveBrokersDataClient,
        database: Database,
        redis: redis.asyncio.Redis,
        show: Callable[[str, str], None],
        end: Callable[[str, str], None],
    ) -> None:
        self._account_id = account_id
        self._data = data
        self._database = database
        self._redis = redis
        self._show = show
        self._say_last = end
        self._books = Books(show)
        self._charts = Charts(data=data, show=show)
        self._open: dict[Pane, float] = {}  # when it was last wanted, monotonic
        self._refused: dict[Pane, float] = {}
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    def on_depth(self, depth: Depth) -> None:
        self._books.put(depth)

    def on_bar(self, bar: Bar) -> None:
        self._charts.put(bar)

    def on_stream_status(self, status: StreamStatus) -> None:
        if status.stream is StreamKind.DEPTH:
            self._books.mark(status)
        elif status.stream is StreamKind.BARS:
            self._charts.mark(status)

    async def run(self) -> None:
        """Follow the interest until cancelled. Raises LinkLost."""
        try:
            while True:
                await self._follow_or_complain()
                await rung(self._rung, at_latest=LOOK_EVERY)
        finally:
            self._charts.forget()

    async def chart(self, pane: Pane) -> Chart | None:
        """The chart, opened for whoever asks for it; None for an instrument that isn't known here.

        Raises RedisError, LinkLost and what the database raises.
        """
        await interest.want_panes(self._redis, self._account_id, [str(pane)])
        await self._begin({pane} - self._open.keys())
        return self._charts.get(pane)

    async def _follow_or_complain(self) -> None:
        try:
            await self._follow()
        except (RedisError, OSError, TimeoutError, *PASSING_ERRORS) as error:
            log.warning("account %s: interest in panes could not be read: %r; trying on", self._account_id, error)

    async def _follow(self) -> None:
        now = time.monotonic()
        async with asyncio.timeout(REDIS_DEADLINE):
            wanted = await interest.wanted_panes(self._redis, self._account_id)
        self._refused = {pane: at for pane, at in self._refused.items() if now - at < REFUSED_FOR}
        self._open.update(dict.fromkeys(wanted & self._open.keys(), now))
        await self._begin(wanted - self._open.keys() - self._refused.keys())
        self._end(pane for pane, at in list(self._open.items()) if now - at > GRACE)

    async def _begin(self, panes: Collection[Pane]) -> None:
        if not panes:
            return
        async with asyncio.timeout(DATABASE_DEADLINE):
            known = await self._database.call(known_instruments, {pane.con_id for pane in panes})
        for pane in panes:
            if pane.con_id not in known:
                self._refuse(pane, f"Instrument {pane.con_id} isn't known here; search for it first.")
            elif pane not in self._open:
                self._begin_one(pane, known[pane.con_id])

    def _refuse(self, pane: Pane, reason: str) -> None:
        self._refused[pane] = time.monotonic()
        self._show(str(pane), encode_nothing(pane, Standing(is_stale=True, reason=reason)))

    def _begin_one(self, pane: Pane, instrument: Instrument) -> None:
        self._open[pane] = time.monotonic()
        if pane.span is not None:
            self._charts.open(pane, instrument)
        else:
            self._begin_book(pane, instrument)

    def _begin_book(self, pane: Pane, instrument: Instrument) -> None:
        self._books.begin(pane.con_id)
        try:
            self._data.subscribe_depth(instrument)
        except SubscriptionRefused as refusal:
            del self._open[pane]
            self._books.forget(pane.con_id)
            self._refuse(pane, str(refusal))

    def _end(self, panes: Iterable[Pane]) -> None:
        for pane in panes:
            del self._open[pane]
            if pane.span is not None:
                self._charts.close(pane)
            else:
                self._data.unsubscribe_depth(pane.con_id)
                self._books.forget(pane.con_id)
            self._say_last(str(pane), encode_nothing(pane, NOT_KEPT))
