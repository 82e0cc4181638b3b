"""A TradingNode is one account's session: one gateway, one connection, its instruments, its data, its orders.

Several nodes live on one event loop and share nothing. A script can run one alone:

    node = TradingNode(config=TradingNodeConfig(port=4002), listener=listener)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    node.run()

`run` blocks until SIGINT or SIGTERM. In a program that has a loop, `await node.serve()` does the same without signals;
`start` and `stop` are its two ends; `connect` and `resync` are the steps of a start, for an owner who goes them alone.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from brokers.assembly import assemble, gateway_of, placed
from brokers.config import TradingNodeConfig
from brokers.domain import Instrument, TradingPermission
from brokers.gateways.base import GatewayLoginFailed
from brokers.interactive_brokers.account import AccountReader
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.orders import absence
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.listener import GuardedListener, LinkState, NodeListener
from brokers.patience import Patience, again_while
from brokers.refusals import ClientIdInUse, ClientMissing, LinkLost, NodeDropped
from brokers.resync import Resync, ResyncIncomplete, Resyncs
from brokers.serving import first_of, keep_connected, stopped_by_signals
from brokers.start_report import StartReport, with_permissions

__all__ = ["LinkState", "NodeListener", "Resync", "ResyncIncomplete", "StartReport", "TradingNode"]

log = logging.getLogger(__name__)

NO_EXECUTION = "This node has no execution client: name one in exec_clients, add its factory, and build."
SAME_ID_AGAIN = "It is tried again, since another id could not manage our orders."

Body = Callable[["TradingNode"], Awaitable[object]]


class TradingNode:
    """Its methods belong to the event loop that `connect` runs on. What IB says reaches `listener`.

    After `build`: `provider` finds instruments, `data` streams, `execution` trades, `account` reads what is held.
    """

    def __init__(self, *, config: TradingNodeConfig, listener: NodeListener | None = None) -> None:
        self._config = config
        self._listener = GuardedListener(listener or NodeListener())
        self._data_factories: dict[str, type[InteractiveBrokersLiveDataClientFactory]] = {}
        self._exec_factories: dict[str, type[InteractiveBrokersLiveExecClientFactory]] = {}
        self._gateway = gateway_of(config)
        self._stop_asked: asyncio.Event | None = None
        self._dropped = False
        self._placed: TradingNodeConfig | None = None
        self._loaded: list[Instrument] = []
        self._resyncs: Resyncs | None = None
        self._connection: InteractiveBrokersConnection
        self._introductions: Introductions
        self._data: InteractiveBrokersDataClient | None = None
        self._execution: InteractiveBrokersExecutionClient | None = None
        self.provider: InteractiveBrokersInstrumentProvider
        self.account: AccountReader

    def add_data_client_factory(self, name: str, factory: type[InteractiveBrokersLiveDataClientFactory]) -> None:
        """What makes the data client of that name in the config, which is "IB". Before `build`."""
        self._data_factories[name] = factory

    def add_exec_client_factory(self, name: str, factory: type[InteractiveBrokersLiveExecClientFactory]) -> None:
        """The same of the execution client."""
        self._exec_factories[name] = factory

    def build(self) -> None:
        """Makes the clients. A kind that the config doesn't name and that has no factory is left out.

        Raises ValueError for a client that has a config and no factory, or a factory and no config, and for no client.
        """
        parts = assemble(
            self._config,
            data_factories=self._data_factories,
            exec_factories=self._exec_factories,
            listener=self._listener,
        )
        self._connection, self._introductions = parts.connection, parts.introductions
        self._data, self._execution, self._resyncs = parts.data, parts.execution, parts.resyncs
        self.provider, self.account = parts.provider, parts.account

    def _require_built(self) -> None:
        if not hasattr(self, "_connection"):
            raise ValueError("The node has no clients yet: call build first.")

    @property
    def data(self) -> InteractiveBrokersDataClient:
        """Raises ClientMissing when the node has none."""
        if self._data is None:
            raise ClientMissing("This node has no data client: name one in data_clients, add its factory, and build.")
        return self._data

    @property
    def execution(self) -> InteractiveBrokersExecutionClient:
        """Raises ClientMissing when the node has none."""
        if self._execution is None:
            raise ClientMissing(NO_EXECUTION)
        return self._execution

    @property
    def _reading(self) -> Resyncs:
        if self._resyncs is None:
            raise ClientMissing(NO_EXECUTION)
        return self._resyncs

    @property
    def account_codes(self) -> list[str]:
        """The accounts behind the login, in IB's order; empty before the first `connect`."""
        return self._connection.account_codes

    @property
    def link(self) -> LinkState:
        return self._connection.link

    # From start to stop

    def run(self, body: Body | None = None) -> None:
        """Serves on a loop of its own, until SIGINT or SIGTERM; with a `body`, until that has ended.

        For scripts: it blocks, and raises what `serve` raises.
        """
        asyncio.run(self._run(body))

    async def _run(self, body: Body | None) -> None:
        self._stop_asked = asyncio.Event()
        with stopped_by_signals(self._stop_asked.set):
            await self.serve(body)

    async def serve(self, body: Body | None = None) -> None:
        """Starts, stays connected until `stop` is called or `body(node)` has ended, and stops.

        A link that ends by itself is made anew, after a pause that grows from `reconnect_pause` to
        `longest_reconnect_pause`, and the streams go on. Raises what `start` raises, or `body`.
        """
        self._require_built()
        self._stop_asked = self._stop_asked or asyncio.Event()
        try:
            await first_of(self._stop_asked.wait(), self._work(body))
        except LinkLost:
            if not self._stop_asked.is_set():  # or else it's the stop that has cut short what was going on
                raise
        finally:
            await self.stop()
            self._stop_asked = None

    async def _work(self, body: Body | None) -> None:
        await self.start()
        staying = keep_connected(self, backoff=self._connection.backoff())
        await first_of(staying, *([body(self)] if body is not None else []))

    async def start(self) -> StartReport:
        """Starts the gateway if there is one to start, connects, loads, resyncs, and says what the login may do.

        A client id that is still in use is tried again, the same one, for up to `start_deadline`: after a connection
        that ended without a word, IB takes a while to see its end, and another id can't manage its orders. As long, IB
        is asked again for what a resync is missing, so that nobody begins to trade on half a picture.

        Raises GatewayLoginFailed, GatewayError, CredentialMissing, or a NodeError of `connect` or `resync`. A start
        that fails leaves nothing behind.
        """
        self._require_built()
        try:
            await self._begin()
            report = await self._report()
        except BaseException as error:  # noqa: BLE001 - it is raised again
            if isinstance(error, GatewayLoginFailed):
                log.error("The credentials are not valid: %s", error)  # noqa: TRY400 - its trace tells nothing more
            try:
                await self._end()
            finally:
                raise error  # whatever happens to the ending: why the start failed is what its owner has to know
        for sentence in report.sentences():
            log.info("%s", sentence)
        return report

    async def _begin(self) -> None:
        await self._start_gateway()
        patience = self._patience(self._config.start_deadline)
        await again_while(ClientIdInUse, self.connect, patience=patience, meanwhile=SAME_ID_AGAIN)
        if self._resyncs is not None:
            await self._resyncs.read_until_complete(patience)

    async def reopen(self) -> None:
        """Connects, to a gateway that is there or is started now, and reads what happened meanwhile."""
        await self._start_gateway()
        await self.connect()
        if self._resyncs is not None:
            await self.resync_until_complete()

    async def _start_gateway(self) -> None:
        if self._gateway is not None:
            await self._gateway.start()
        if self._dropped:
            raise NodeDropped("The node was dropped, so it doesn't come back by itself.")

    def _patience(self, seconds: float = math.inf) -> Patience:
        return Patience(backoff=self._connection.backoff(), tell=self._connection.remark, seconds=seconds)

    async def _report(self) -> StartReport:
        known = StartReport(account_codes=tuple(self.account_codes), instruments=tuple(self._loaded))
        if self._execution is None:
            return known
        return await with_permissions(
            replace(known, resync=self.last_resync), self._execution, account_code=self._ordering_account()
        )

    # The steps of a start

    async def connect(self) -> None:
        """The API's handshake; can be called again once the link was lost, and then resumes the streams.

        Raises GatewayUnreachable, HandshakeTimedOut, ClientIdInUse, FenceRefused or AccountMissing, all NodeErrors;
        CredentialMissing when the account's variable isn't set; and, for a configured instrument that IB has never
        described to this node, what loading it raises. Of the others what is known stays, and IB is asked again.
        """
        self._require_built()
        self._settle()
        if self._data is not None:
            self._data.forget_streams()
        await self._connection.connect()
        try:
            self.account.begin()
            self._loaded = await self.provider.load()
            if self._data is not None:
                self._data.resume()
        except BaseException:
            self._connection.drop()
            raise

    def _settle(self) -> None:
        config = placed(self._config, self._gateway)
        if config != self._placed:
            self._placed = config
            self._connection.reconfigure(config)

    @property
    def last_resync(self) -> Resync | None:
        """What the newest reading on this connection showed, complete or not; None before the first has ended.

        Its `missing` names what isn't known.
        """
        return self._resyncs.last if self._resyncs is not None else None

    async def resync(self) -> Resync:
        """Reads all that IB knows of orders, executions, positions and account values, and tells the listener each.

        Raises ResyncIncomplete when IB left one of these unanswered, and LinkLost. That a read-only API shows no orders
        is no reason to raise.
        """
        return await self._reading.read()

    async def resync_until_complete(self) -> Resync:
        """As `resync`; what IB left unanswered is asked for again on this connection, less and less often.

        Notices tell what isn't known meanwhile, and when all is. Raises LinkLost.
        """
        return await self._reading.read_until_complete(self._patience())

    async def prove_absence(self, order_refs: Collection[str], *, apart: float = absence.APART) -> frozenset[str]:
        """Those of the `order_refs` that never reached IB, by two resyncs, `apart` seconds from each other.

        Raises ResyncIncomplete, NoAnswer for a login that isn't shown its orders, and LinkLost.
        """
        return await self._reading.prove_absence(order_refs, apart=apart)

    async def check_trading_permission(self) -> TradingPermission:
        """Whether this login may trade, by an order that is never transmitted. Raises LinkLost."""
        return await self.execution.check_trading_permission(self._ordering_account())

    def _ordering_account(self) -> str:
        code = self._placed.account_code if self._placed is not None else None
        code = code or next(iter(self.account_codes), None)
        if code is None:
            raise LinkLost("There is no connection to the gateway.")
        return code

    async def wait_closed(self) -> None:
        """Returns after `stop` or `drop`; raises LinkLost when the link ends by itself."""
        await self._connection.wait_closed()

    async def stop(self) -> None:
        """Ends the session once its cancels have left, and a gateway that the node has started.

        The orders at IB live on. Those that have not left never will; that they didn't is told to the listener.
        """
        if self._stop_asked is not None:
            self._stop_asked.set()
        await self._end()

    async def _end(self) -> None:
        """Apart from `stop`, since a start that failed is nobody's wish to stop: `serve` has to hear its error."""
        if self._execution is not None:
            self._execution.stop()
        self.account.stop()
        await self._connection.close()
        await self._introductions.settled()
        if self._gateway is not None:
            await self._gateway.stop()

    def drop(self) -> None:
        """Ends the session at once and sends nothing more: for a node that has lost the right to act.

        What never left is told to the listener. It doesn't come back by itself: only `connect` opens it again.
        """
        self._dropped = True
        if self._execution is not None:
            self._execution.stop()
        self.account.stop()
        self._connection.drop()
