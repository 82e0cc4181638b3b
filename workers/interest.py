"""Which quotes a session streams: what is on somebody's screen, and what is in a position."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from brokers.domain import OURS, Instrument, Notice
from brokers.node import TradingNode
from brokers.refusals import SubscriptionRefused
from webapp.bus import interest
from webapp.trading import instruments
from webapp.trading.models import Instrument as InstrumentRow
from workers.database import PASSING_ERRORS, Database
from workers.waiting import rung

log = logging.getLogger(__name__)

# Seconds between two looks when no doorbell rings.
LOOK_EVERY = 1.0
# Seconds that an unwanted stream goes on: a page that reloads finds its quotes running.
GRACE = 10.0
REDIS_DEADLINE = 2.0
DATABASE_DEADLINE = 5.0
# A line refused once is asked for again after this long; others may have been given back.
REFUSED_FOR = 60.0


class Streams:
    """Subscribes and unsubscribes one node's quotes. Lives as long as the link, so a new link starts from nothing."""

    def __init__(
        self,
        *,
        account_id: UUID,
        node: TradingNode,
        database: Database,
        redis: redis.asyncio.Redis,
        held: Callable[[], set[int]],
        tell: Callable[[Notice], None],
        forget: Callable[[int], None],
    ) -> None:
        self._account_id = account_id
        self._node = node
        self._database = database
        self._redis = redis
        self._held = held
        self._tell = tell
        self._forget = forget
        self._streaming: dict[int, float] = {}  # con_id -> when it was last wanted, monotonic
        self._refused: dict[int, float] = {}
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def run(self) -> None:
        """Follow the interest until cancelled. Raises LinkLost."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError, TimeoutError, *PASSING_ERRORS) as error:
                log.warning("account %s: interest could not be read: %r; trying on", self._account_id, error)
            await rung(self._rung, at_latest=LOOK_EVERY)

    async def _follow(self) -> None:
        now = time.monotonic()
        async with asyncio.timeout(REDIS_DEADLINE):
            wanted = await interest.wanted(self._redis, self._account_id) | self._held()
        self._streaming.update(dict.fromkeys(wanted & self._streaming.keys(), now))
        await self._subscribe(wanted - self._streaming.keys() - self._still_refused(now), now)
        self._unsubscribe([con_id for con_id, at in self._streaming.items() if now - at > GRACE])

    def _still_refused(self, now: float) -> set[int]:
        self._refused = {con_id: at for con_id, at in self._refused.items() if now - at < REFUSED_FOR}
        return set(self._refused)

    async def _subscribe(self, con_ids: set[int], now: float) -> None:
        if not con_ids:
            return
        async with asyncio.timeout(DATABASE_DEADLINE):
            known = await self._database.call(known_instruments, con_ids)
        for con_id in sorted(con_ids):
            self._subscribe_one(con_id, known.get(con_id), now)

    def _subscribe_one(self, con_id: int, instrument: Instrument | None, now: float) -> None:
        if instrument is None:
            self._refuse(con_id, f"Instrument {con_id} isn't known here; search for it first.", now)
            return
        try:
            self._node.data.subscribe_quotes(instrument)
        except SubscriptionRefused as refusal:
            self._refuse(con_id, str(refusal), now)
        else:
            self._streaming[con_id] = now

    def _refuse(self, con_id: int, reason: str, now: float) -> None:
        self._refused[con_id] = now
        self._tell(Notice(code=OURS, message=reason, at=datetime.now(UTC), con_id=con_id))

    def _unsubscribe(self, con_ids: list[int]) -> None:
        for con_id in con_ids:
            del self._streaming[con_id]
            self._node.data.unsubscribe_quotes(con_id)
            self._forget(con_id)


def known_instruments(con_ids: set[int]) -> dict[int, Instrument]:
    rows = InstrumentRow.objects.filter(con_id__in=con_ids)
    return {row.con_id: instruments.to_domain(row) for row in rows}
