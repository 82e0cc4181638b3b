"""Quotes and panes on their way out: latest of each, on a short beat, never through the database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from brokers.domain import Quote, StreamStatus
from webapp.bus import quotes

log = logging.getLogger(__name__)

# Seconds between two batches of one account. The first quote after a quiet beat leaves at once.
BEAT = 0.05
# Seconds to wait for the rest of a burst. A gateway writes one step of the market as many small messages; without
# this the first of them would leave alone and the others wait out the beat.
BURST = 0.003
# Seconds to wait for Redis, and before it is tried again. What changes meanwhile is conflated.
PUBLISH_DEADLINE = 2.0
PUBLISH_AGAIN = 0.5
COMPLAIN_EVERY = 10.0


class Conflator:
    """The newest quote of each instrument since the last batch, and all the newest, for when a batch was lost."""

    def __init__(self) -> None:
        self._newest: dict[int, Quote] = {}
        self._doubtful: dict[int, StreamStatus] = {}
        self._changed: set[int] = set()
        self._panes: dict[str, str] = {}
        self._changed_panes: set[str] = set()
        self._parting: dict[quotes.Key, str] = {}  # last words, each until it was published
        self._something = asyncio.Event()
        self._came: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)  # for whoever waits for a first quote

    def put(self, quote: Quote) -> None:
        self._newest[quote.con_id] = quote
        self._parting.pop(quote.con_id, None)
        if quote.con_id in self._came:
            self._came.pop(quote.con_id).set()
        self._changed.add(quote.con_id)
        self._something.set()

    def mark(self, status: StreamStatus) -> None:
        """Whether an instrument's quotes can be relied on goes out with its newest one."""
        if status.is_stale is False:
            self._doubtful.pop(status.con_id, None)
        else:
            self._doubtful[status.con_id] = status
        if status.con_id in self._newest:
            self._changed.add(status.con_id)
            self._something.set()

    def show(self, pane: str, encoded: str) -> None:
        """The newest of a pane, by its key (`bus.panes`)."""
        self._panes[pane] = encoded
        self._parting.pop(pane, None)
        self._changed_panes.add(pane)
        self._something.set()

    def end(self, pane: str, encoded: str) -> None:
        """Drop a pane that isn't kept any more, with a last word to whoever still shows it."""
        self._panes.pop(pane, None)
        self._changed_panes.discard(pane)
        self._part(pane, encoded)

    def take_panes(self) -> dict[str, str]:
        """All that changed since, each at its newest."""
        changed, self._changed_panes = self._changed_panes, set()
        return {pane: self._panes[pane] for pane in sorted(changed)}

    async def priced(self, con_id: int) -> Quote:
        """The newest quote of an instrument, or the first one that has a price. Waits for as long as it's let.

        A stream that was opened just now begins with words that have none, such as yesterday's close.
        """
        while (quote := self._newest.get(con_id)) is None or quote.mark is None:
            await self._came[con_id].wait()
        return quote

    def newest(self, con_id: int) -> Quote | None:
        """As it stands, with a price or without one."""
        return self._newest.get(con_id)

    def doubt(self, con_id: int) -> StreamStatus | None:
        """Why the instrument's quotes can't be relied on; None while they can."""
        return self._doubtful.get(con_id)

    async def take(self) -> list[Quote]:
        """Wait until something changed and its burst is over; then all that changed since, each at its newest."""
        await self._something.wait()
        await asyncio.sleep(BURST)
        self._something.clear()
        changed, self._changed = self._changed, set()
        return [self._newest[con_id] for con_id in sorted(changed)]

    def put_all_again(self) -> None:
        """Count all that is known as changed: nobody knows what of a failed batch arrived."""
        self._changed.update(self._newest)
        self._changed_panes.update(self._panes)
        if self._newest or self._panes or self._parting:
            self._something.set()

    def forget(self, con_id: int) -> None:
        """Drop an instrument that is no longer subscribed, and say of its last quote that it grows stale."""
        last = self._newest.pop(con_id, None)
        self._doubtful.pop(con_id, None)
        self._changed.discard(con_id)
        if last is not None:
            stale = StreamStatus(con_id=con_id, at=datetime.now(UTC), is_stale=True, reason=quotes.NOT_KEPT)
            self._part(con_id, quotes.encode(last, stale))

    def parting(self) -> dict[quotes.Key, str]:
        """The last words of what was dropped; `parted` takes those that were published."""
        return dict(self._parting)

    def parted(self, published: Mapping[quotes.Key, str]) -> None:
        """What came back meanwhile, or was dropped anew, isn't concerned."""
        for key, encoded in published.items():
            if self._parting.get(key) is encoded:
                del self._parting[key]

    def _part(self, key: quotes.Key, encoded: str) -> None:
        self._parting[key] = encoded
        self._something.set()

    def forget_all(self) -> None:
        self._newest.clear()
        self._doubtful.clear()
        self._changed.clear()
        self._panes.clear()
        self._changed_panes.clear()
        self._parting.clear()


class QuotePublisher:
    """Publishes one account's batches under `epoch`, with a sequence number that grows by one per batch."""

    def __init__(self, redis: redis.asyncio.Redis, *, account_id: UUID, epoch: int) -> None:
        self.conflator = Conflator()
        self._redis = redis
        self._account_id = account_id
        self._epoch = epoch
        self._seq = 0
        self._complained_at = float("-inf")

    async def run(self) -> None:
        """Publish until cancelled. Redis being away costs batches, never the session."""
        while True:
            batch = await self.conflator.take()
            try:
                await self._publish(batch)
            except (RedisError, OSError, TimeoutError) as error:
                self._complain(error)
                self.conflator.put_all_again()
                await asyncio.sleep(PUBLISH_AGAIN)
            else:
                await asyncio.sleep(BEAT)

    async def forget(self) -> None:
        """Take the stored prices back: nobody shall be shown prices of a session that is gone."""
        self.conflator.forget_all()
        try:
            async with asyncio.timeout(PUBLISH_DEADLINE):
                await quotes.forget(self._redis, self._account_id, epoch=self._epoch)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("account %s: stored quotes could not be dropped: %s", self._account_id, error)

    async def _publish(self, batch: list[Quote]) -> None:
        panes, parting = self.conflator.take_panes(), self.conflator.parting()
        if not batch and not panes and not parting:
            return
        # Raised before the attempt: a batch that may have arrived must not share its number with the next.
        self._seq += 1
        encoded: dict[quotes.Key, str] = {
            quote.con_id: quotes.encode(quote, self.conflator.doubt(quote.con_id)) for quote in batch
        }
        encoded.update(panes)
        encoded.update(parting)
        async with asyncio.timeout(PUBLISH_DEADLINE):
            await quotes.publish(self._redis, self._account_id, self._epoch, self._seq, encoded, dropped=parting)
        self.conflator.parted(parting)

    def _complain(self, error: Exception) -> None:
        if time.monotonic() - self._complained_at < COMPLAIN_EVERY:
            return
        self._complained_at = time.monotonic()
        log.warning("account %s: quotes could not be published: %s; trying on", self._account_id, error)
