"""One connection to Redis per web process, however many browsers look at however many accounts."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from redis.asyncio.client import PubSub

from webapp.bus import interest, keys, quotes
from webapp.bus.quotes import NOTHING, Batch, Key
from webapp.bus.redis import SOCKET_SECONDS, async_client, messages, pause_after
from webapp.live.feed import Feed
from webapp.live.mailbox import Mailbox

logger = logging.getLogger(__name__)

# A loop's fan-out lives from its first mailbox to its last.
_fanouts: WeakKeyDictionary[asyncio.AbstractEventLoop, Fanout] = WeakKeyDictionary()


class _Ended(Exception):
    """The last mailbox has left."""


class Fanout:
    """Gives every mailbox of an account the account's quotes, and keeps the interest in them alive.

    One task reads, so snapshots and batches of an account can't overtake each other: Redis confirms a subscription,
    then the snapshot is read, then the batches that came meanwhile are looked at and dropped where it holds them.
    """

    def __init__(self) -> None:
        self.feeds: dict[UUID, Feed] = {}
        self._changed = asyncio.Event()
        self._failures = 0
        # Not a cancellation: that could meet a clean-up of lost connections, and leave them half done.
        self._ending = asyncio.Event()
        self._running = asyncio.create_task(self._run(), name="quotes fan-out")

    @classmethod
    def here(cls) -> Fanout:
        """The running loop's fan-out. Join it before the next await: it ends with its last mailbox."""
        loop = asyncio.get_running_loop()
        if loop not in _fanouts:
            _fanouts[loop] = cls()
        return _fanouts[loop]

    def join(self, account_id: UUID, mailbox: Mailbox) -> None:
        """The mailbox gets a snapshot of what it wants, then what changes. Join again when it wants something else."""
        self.feeds.setdefault(account_id, Feed()).add(mailbox)
        self._changed.set()

    async def leave(self, account_id: UUID, mailbox: Mailbox) -> None:
        """Does nothing for a mailbox that never joined. The last one to leave closes the connection."""
        feed = self.feeds.get(account_id)
        if feed is None:
            return
        feed.mailboxes.discard(mailbox)
        if not feed.mailboxes:
            del self.feeds[account_id]
            self._changed.set()
        if not self.feeds:
            await self._end()

    async def _end(self) -> None:
        _fanouts.pop(asyncio.get_running_loop(), None)
        self._ending.set()
        _, unfinished = await asyncio.wait({self._running}, timeout=SOCKET_SECONDS)
        if unfinished:
            logger.error("the quotes fan-out didn't end within %g s of being told to", SOCKET_SECONDS)
            self._running.cancel()

    async def _run(self) -> None:
        """Redis may go away and come back: every subscription is confirmed anew then, and every snapshot read anew."""
        while not self._ending.is_set():
            try:
                await self._connected()
            except* _Ended:
                logger.debug("nobody looks at quotes any more")
            except* (redis.RedisError, OSError) as group:
                logger.warning("quotes are interrupted, trying again: %s", group.exceptions[0])
            except* Exception:
                logger.exception("the quotes fan-out failed, trying again")
            self._failures += 1
            await _set_within(pause_after(self._failures), self._ending)

    async def _connected(self) -> None:
        async with async_client() as connection, connection.pubsub() as pubsub:
            await pubsub.connect()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._upkeep(connection, pubsub))
                tasks.create_task(self._read(connection, pubsub))
                # Waited for inside the group: one that only waits for its tasks leaves its own task marked as
                # cancelled when one of them fails (Python 3.11), and the next deadline there ends it.
                await self._ending.wait()
                raise _Ended

    async def _upkeep(self, connection: redis.asyncio.Redis, pubsub: PubSub) -> None:
        """At once when a mailbox came, went or wants something else; and on the interest's beat."""
        subscribed: dict[UUID, Feed] = {}
        due = True
        while True:
            self._changed.clear()
            subscribed = await self._subscribe(pubsub, subscribed)
            await self._renew(connection, all_of_them=due)
            due = not await _set_within(interest.RENEW_SECONDS, self._changed)

    async def _subscribe(self, pubsub: PubSub, subscribed: dict[UUID, Feed]) -> dict[UUID, Feed]:
        """Feeds are compared, not accounts: one that left and came back meanwhile needs a confirmation of its own."""
        wanted = dict(self.feeds)
        new = [account_id for account_id, feed in wanted.items() if subscribed.get(account_id) is not feed]
        if new:
            await pubsub.subscribe(*map(keys.quotes, new))
        if old := subscribed.keys() - wanted.keys():
            await pubsub.unsubscribe(*map(keys.quotes, old))
        return wanted

    async def _renew(self, connection: redis.asyncio.Redis, *, all_of_them: bool) -> None:
        for account_id, feed in list(self.feeds.items()):
            wanted = feed.wanted()
            if wanted and (all_of_them or not wanted <= feed.renewed):
                await _want(connection, account_id, wanted)
            feed.renewed = wanted

    async def _read(self, connection: redis.asyncio.Redis, pubsub: PubSub) -> None:
        async for message in messages(pubsub):
            self._failures = 0
            account_id = keys.account_of_quotes(message["channel"])
            feed = self.feeds.get(account_id)
            if feed is not None and not _fits(feed, message):
                feed.restart(Batch(*await quotes.snapshot(connection, account_id)))


async def _want(connection: redis.asyncio.Redis, account_id: UUID, wanted: frozenset[Key]) -> None:
    if con_ids := [key for key in wanted if isinstance(key, int)]:
        await interest.want(connection, account_id, con_ids)
    if panes := [key for key in wanted if isinstance(key, str)]:
        await interest.want_panes(connection, account_id, panes)


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _fits(feed: Feed, message: dict[str, Any]) -> bool:
    """Whether the feed is up to date now; if not, only a snapshot helps."""
    if message["type"] != "message":
        return bool(message["type"] != "subscribe")
    try:
        batch = quotes.decode_batch(message["data"])
    except ValueError as error:
        logger.warning("a batch of quotes on %s can't be read: %s", message["channel"], error)
        return False
    if batch is None:
        feed.restart(NOTHING)
        return True
    return feed.apply(batch)
