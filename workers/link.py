"""One link of a session to its gateway: from the handshake until the link is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from brokers.config import TradingNodeConfig
from brokers.domain import OURS, Notice, SessionState, TradingPermission
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.listener import LinkState
from brokers.node import Resync, TradingNode
from brokers.refusals import LinkLost, NodeError
from webapp.accounts import sessions
from webapp.trading.models import OrderCommand
from workers.asked import ReadyLink
from workers.bridge import Bridge
from workers.chains.lookups import OptionChains
from workers.commands import CommandRunner, OutcomeNotRecorded
from workers.doubts import Doubts
from workers.fencing import LeaseLost
from workers.interest import Streams
from workers.leases import Lease
from workers.panes.following import Panes
from workers.profits import Profits
from workers.quotes import QuotePublisher
from workers.rows import RowWriter
from workers.syncing import Syncing
from workers.waiting import ended, first_of
from workers.workplace import Workplace

log = logging.getLogger(__name__)

# Seconds.
PERMISSION_DEADLINE = 20.0
CLOSE_DEADLINE = 5.0
STOP_DEADLINE = 5.0  # above what a node takes to let its last cancels leave

READING = "Connected to the gateway. Reading orders, executions and positions."
READING_AGAIN = "Something the broker said could not be stored. Reading orders, executions and positions again."
NOT_STORED = "could not be stored, though the broker was asked twice. Compare with the broker's own statement."
BROKER_LOST = "The gateway has lost its connection to the broker and is mending it. Orders wait until it is back."

# What a change of the link means for a session that is up. BROKER_LOST and DOWN end the taking of orders instead.
_SAID = {
    LinkState.UP: (SessionState.READY, "The broker's feeds are back. Quotes and orders flow."),
    LinkState.DATA_DOWN: (
        SessionState.DEGRADED,
        "A market data farm of the broker is down, so quotes may be stale. Orders go on.",
    ),
    LinkState.COMPETING: (
        SessionState.COMPETING,
        "Another session uses this login's market data. Close it, or use a second username for this dashboard.",
    ),
}


class Tell(Protocol):
    """The row and its browsers; raises LeaseLost."""

    async def __call__(self, state: SessionState, reason: str, *, broker_lost: bool = False) -> None: ...


class Link:
    """Built anew for each connection, so that nothing of the one before can be mistaken for news."""

    def __init__(
        self,
        *,
        workplace: Workplace,
        config: TradingNodeConfig,
        lease: Callable[[], Lease],
        tell: Tell,
        rows: RowWriter,
        quotes: QuotePublisher,
    ) -> None:
        self._workplace = workplace
        self._lease = lease
        self._tell = tell
        self._rows = rows
        self._account_id = lease().account_id
        self._bridge = Bridge(account_id=self._account_id, quotes=quotes.conflator, rows=rows, on_link=self._on_link)
        self._node = _node(config, self._bridge)
        self._streams = Streams(
            account_id=self._account_id,
            node=self._node,
            database=workplace.database,
            redis=workplace.redis,
            held=lambda: self._bridge.held_con_ids,
            tell=self._bridge.on_notice,
            forget=quotes.conflator.forget,
        )
        self._bridge.panes = self._panes = Panes(
            account_id=self._account_id,
            data=self._node.data,
            database=workplace.database,
            redis=workplace.redis,
            show=quotes.conflator.show,
            end=quotes.conflator.end,
        )
        self._bridge.profits = self._profits = Profits(node=self._node, held=lambda: self._bridge.held)
        self._option_chains = OptionChains(provider=self._node.provider, database=workplace.database)
        self._syncing = Syncing(
            account_id=self._account_id,
            node=self._node,
            database=workplace.database,
            lease=lease,
            rows=rows,
            bridge=self._bridge,
        )
        self._runner: CommandRunner | None = None
        self._permission: TradingPermission | None = None
        self.was_ready = self._in_step = False
        self._state = self._told = LinkState.UP
        self._news = asyncio.Event()

    @property
    def ready(self) -> ReadyLink | None:
        """What answers questions while it is in step with the broker; None before and after."""
        return ReadyLink(self._node, self._panes, self._option_chains, self._profits) if self._in_step else None

    def ring(self) -> None:
        """The doorbell: look at commands and interest now."""
        self._streams.ring()
        self._panes.ring()
        if self._runner is not None:
            self._runner.ring()

    def look(self) -> None:
        """Something was refused by the database, or the link changed."""
        self._news.set()

    async def serve(self) -> NoReturn:
        """Connect, bring the rows in step, then trade until the link ends. Raises NodeError or LeaseLost."""
        await self._node.connect()
        await self._sync(READING)
        await first_of(self._trade(), self._streams.run(), self._panes.run(), self._node.wait_closed())
        raise LinkLost("The link to the gateway ended.")

    async def stop(self) -> None:
        """Close the connection. Never raises: a link is left because it is broken, too."""
        try:
            async with asyncio.timeout(STOP_DEADLINE):
                await self._node.stop()
        except (NodeError, OSError, TimeoutError) as error:
            log.warning("account %s: the link did not close cleanly: %r", self._account_id, error)
            self._node.drop()

    def drop(self) -> None:
        """Cut the connection: no byte leaves after this."""
        self._node.drop()

    async def _trade(self) -> NoReturn:
        while True:
            await self._take_orders()
            await self._until_the_broker_is_back()
            await self._sync(READING_AGAIN if self._rows.refused else READING)

    async def _take_orders(self) -> None:
        """Work through commands until the rows have to be read anew."""
        runner = self._new_runner(verbs=list(OrderCommand.Verb))
        working = asyncio.create_task(runner.run())
        others = [asyncio.create_task(self._until_sync_is_due()), asyncio.create_task(self._doubts().run())]
        try:
            await asyncio.wait({working, *others}, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                if task.done():
                    task.result()
        finally:
            self._runner = None
            runner.close()
            await ended(*others)
            await self._see_out(working)

    def _doubts(self) -> Doubts:
        return Doubts(
            account_id=self._account_id,
            fence=self._lease().fence,
            node=self._node,
            database=self._workplace.database,
            rows=self._rows,
        )

    async def _see_out(self, working: asyncio.Task[None]) -> None:
        """Give the command under way the time to be recorded."""
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await working
        except OutcomeNotRecorded as error:
            log.error("account %s: %s", self._account_id, error)  # noqa: TRY400 - the cause was logged where it was met
        except TimeoutError:
            log.warning("account %s: a command was still under way when the link closed", self._account_id)

    async def _until_sync_is_due(self) -> None:
        while not self._rows.refused and self._state is not LinkState.BROKER_LOST:
            if self._state is not self._told:
                await self._say(self._state)
            await self._next_news()

    async def _until_the_broker_is_back(self) -> None:
        if self._state is LinkState.BROKER_LOST:
            self._in_step = False
            await self._tell(SessionState.SYNCING, BROKER_LOST, broker_lost=True)
        while self._state is LinkState.BROKER_LOST:
            await self._next_news()

    async def _next_news(self) -> None:
        await self._news.wait()
        self._news.clear()

    async def _sync(self, reason: str) -> None:
        """Read all that the broker knows into the rows, and say READY."""
        self._in_step = False
        await self._tell(SessionState.SYNCING, reason)
        await self._record_ready(refused=await self._syncing.run(self._resync))

    async def _resync(self) -> Resync:
        """For as long as IB leaves something unanswered. A kill switch that is thrown meanwhile doesn't wait for it."""
        runner = self._new_runner(verbs=[OrderCommand.Verb.CANCEL_ALL])
        working = asyncio.create_task(runner.run())
        try:
            return await self._node.resync_until_complete()
        finally:
            runner.close()
            await self._see_out(working)

    def _new_runner(self, *, verbs: Collection[OrderCommand.Verb]) -> CommandRunner:
        self._runner = CommandRunner(node=self._node, database=self._workplace.database, lease=self._lease, verbs=verbs)
        return self._runner

    async def _record_ready(self, *, refused: list[str]) -> None:
        if self._permission is None:
            self._permission = await self._ask_permission()
        for what in refused:
            self._bridge.on_notice(_not_stored(what))
        self._told = LinkState.UP
        # Before the row says so: whoever reads READY may ask at once.
        self._in_step = True
        recorded = await self._workplace.database.call(
            sessions.record_ready,
            account_id=self._account_id,
            fence=self._lease().fence,
            account_codes=self._node.account_codes,
            permission=self._permission,
        )
        if not recorded:
            raise LeaseLost(self._account_id)
        self.was_ready = True

    async def _ask_permission(self) -> TradingPermission:
        try:
            async with asyncio.timeout(PERMISSION_DEADLINE):
                return await self._node.check_trading_permission()
        except TimeoutError:
            return TradingPermission(None, "The broker did not say whether this login may trade.")

    async def _say(self, state: LinkState) -> None:
        self._told = state
        if state in _SAID:
            await self._tell(*_SAID[state])

    def _on_link(self, state: LinkState) -> None:
        self._state = state
        if state in (LinkState.BROKER_LOST, LinkState.DOWN):
            self._profits.forget()
        self._news.set()


def _not_stored(what: str) -> Notice:
    return Notice(code=OURS, message=f"{what} {NOT_STORED}", at=datetime.now(UTC))


def _node(config: TradingNodeConfig, bridge: Bridge) -> TradingNode:
    node = TradingNode(config=config, listener=bridge)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node
