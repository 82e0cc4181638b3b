"""Orders of which nobody knows whether they arrived: looked for until IB's word, or its proved silence, decides.

IB drops an order in silence now and then, and a link can end between our bytes and IB's first word. Such an order is
UNKNOWN for as long as it takes to read all that IB knows twice, seconds apart, and no longer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from brokers.node import ResyncIncomplete, TradingNode
from brokers.refusals import NoAnswer
from webapp.trading import commands
from workers import fencing
from workers.database import PASSING_ERRORS, Database
from workers.rows import RowWriter
from workers.waiting import Backoff

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Seconds.
LOOK_EVERY = 1.0
FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
FLUSH_DEADLINE = 30.0


class Doubts:
    """Watches one link's account. Lives as long as the link is in step, so what it reads is of this connection."""

    def __init__(self, *, account_id: UUID, fence: int, node: TradingNode, database: Database, rows: RowWriter) -> None:
        self._account_id = account_id
        self._fence = fence
        self._node = node
        self._database = database
        self._rows = rows
        self._backoff = Backoff(first=FIRST_RETRY, longest=LONGEST_RETRY)
        self._sought: frozenset[str] = frozenset()
        self._again_at = 0.0

    async def run(self) -> None:
        """Until cancelled. Raises LinkLost and LeaseLost."""
        while True:
            try:
                await self._look()
            except TimeoutError:
                log.warning("account %s: its rows are behind, so what is in doubt isn't known yet", self._account_id)
            except PASSING_ERRORS as error:
                log.warning("account %s: doubtful orders could not be looked for: %r", self._account_id, error)
                await asyncio.sleep(self._backoff.next())
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        # An order whose word is on its way to the rows is not in doubt.
        await self._rows.flush(deadline=FLUSH_DEADLINE)
        in_doubt = await self._in_doubt()
        is_new = bool(in_doubt - self._sought)
        if is_new or not in_doubt:
            self._backoff.reset()  # an order that nobody has looked for doesn't wait because of others
        if is_new or (in_doubt and time.monotonic() >= self._again_at):
            self._sought = in_doubt
            await self._seek(in_doubt)
            # What was seen and is still in doubt, or can't be proved, isn't asked for every second.
            self._again_at = time.monotonic() + self._backoff.next()

    async def _seek(self, in_doubt: frozenset[str]) -> None:
        log.warning("account %s: looking for %s", self._account_id, ", ".join(sorted(in_doubt)))
        try:
            absent = await self._node.prove_absence(in_doubt)
        except (NoAnswer, ResyncIncomplete) as reason:
            await self._call(commands.note_unprovable, order_refs=in_doubt, why=str(reason))
            return
        # What was found meanwhile is on its way to the rows, and comes first.
        await self._rows.flush(deadline=FLUSH_DEADLINE)
        await self._call(commands.record_absent, order_refs=absent)

    async def _in_doubt(self) -> frozenset[str]:
        return await self._database.call(commands.in_doubt, account_id=self._account_id)

    async def _call(self, service: Callable[..., Result], **arguments: object) -> Result:
        return await self._database.call(fencing.under, self._fence, service, account_id=self._account_id, **arguments)
