"""What a session does after each connect: the account's rows are brought in step with what its broker knows."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from brokers.node import Resync, TradingNode
from webapp.trading import commands, orders
from webapp.trading.kill_switch import engaging
from workers import fencing
from workers.bridge import Bridge
from workers.database import Database
from workers.leases import Lease
from workers.rows import RowWriter

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Seconds.
FLUSH_DEADLINE = 60.0


class Syncing:
    """Of one link. Nobody takes orders while it runs."""

    def __init__(
        self,
        *,
        account_id: UUID,
        node: TradingNode,
        database: Database,
        lease: Callable[[], Lease],
        rows: RowWriter,
        bridge: Bridge,
    ) -> None:
        self._account_id = account_id
        self._node = node
        self._database = database
        self._lease = lease
        self._rows = rows
        self._bridge = bridge

    async def run(self, read: Callable[[], Awaitable[Resync]]) -> list[str]:
        """`read` asks the broker. Returns what the database refused of its answers, in words. Raises LeaseLost."""
        self._rows.take_refused()
        self._bridge.hear_anew()
        self._node.execution.repeat_fills()  # those that the database refused have to be told again
        await self._call(engaging.cancel_again)
        at_work = await self._call(orders.at_work)
        shown = await read()
        self._bridge.close_missing(shown.positions or ())
        await self._rows.flush(deadline=FLUSH_DEADLINE)
        if shown.shows_orders:
            await self._mark_missing(at_work, shown)
        await self._resolve_interrupted(shown.order_refs)
        return self._rows.take_refused()

    async def _mark_missing(self, at_work: frozenset[int], shown: Resync) -> None:
        missing = await self._call(
            orders.mark_missing,
            at_work=at_work,
            order_refs=shown.order_refs,
            perm_ids=shown.perm_ids,
        )
        for order in missing:
            log.warning("account %s: the broker shows %s no more", self._account_id, order)

    async def _resolve_interrupted(self, seen: frozenset[str]) -> None:
        # One above our own fence: nobody takes commands now, so one that we left at SENDING is interrupted too.
        resolved = await self._call(
            commands.resolve_interrupted,
            seen_order_refs=seen,
            fence=self._lease().fence + 1,
        )
        for command in resolved:
            log.warning("account %s: interrupted command %s", self._account_id, command)

    async def _call(self, service: Callable[..., Result], **arguments: object) -> Result:
        return await self._database.call(
            fencing.under, self._lease().fence, service, account_id=self._account_id, **arguments
        )
