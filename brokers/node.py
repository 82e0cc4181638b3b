"""A TradingNode is one account's session: one gateway, one connection, its instruments, its data, its orders.

Several nodes live on one event loop and share nothing. A script can run one alone:

    node = TradingNode(config=TradingNodeConfig(port=4002), listener=listener)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    await node.connect()
    await node.resync()
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from brokers.config import TradingNodeConfig
from brokers.domain import Instrument, Position, TradingPermission
from brokers.interactive_brokers.account import AccountReader
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.introductions import Introductions
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.listener import GuardedListener, LinkState, NodeListener
from brokers.refusals import LinkLost, NoAnswer, NodeError, RequestRefused

__all__ = ["LinkState", "NodeListener", "Resync", "ResyncIncomplete", "TradingNode"]

Answer = TypeVar("Answer")
Config = TypeVar("Config")
Factory = TypeVar("Factory")

# What a read-only API refuses to show.
_WITHHELD = frozenset({"open orders", "completed orders"})


@dataclass(frozen=True, slots=True)
class Resync:
    """What IB showed. A source that gave no answer is None, which is not the same as empty.

    The three sets hold the `order_ref`s seen in each source. `positions` is all that is held: one that isn't in it is
    closed. `account_values` says whether the summary came. A `read_only` API shows no orders: they stay what they were.
    """

    open_orders: frozenset[str] | None
    completed_orders: frozenset[str] | None
    executions: frozenset[str] | None
    positions: tuple[Position, ...] | None
    account_values: bool
    read_only: bool

    @property
    def order_refs(self) -> frozenset[str]:
        """All that were seen anywhere. Absence here is proof only when `missing` is empty, and then only twice."""
        return frozenset().union(*(seen for seen in self._order_sources if seen is not None))

    @property
    def shows_orders(self) -> bool:
        """Whether every source of orders answered, so that an order in none of them has left no trace."""
        return not self.read_only and None not in self._order_sources

    @property
    def missing(self) -> tuple[str, ...]:
        """The sources that gave no answer, by name."""
        answers = {
            "open orders": self.open_orders,
            "completed orders": self.completed_orders,
            "executions": self.executions,
            "positions": self.positions,
            "the account summary": self.account_values or None,
        }
        return tuple(name for name, answer in answers.items() if answer is None)

    @property
    def is_complete(self) -> bool:
        """Whether all came that this login's API shows."""
        return not frozenset(self.missing) - (_WITHHELD if self.read_only else frozenset())

    @property
    def _order_sources(self) -> tuple[frozenset[str] | None, ...]:
        return self.open_orders, self.completed_orders, self.executions


class ResyncIncomplete(NodeError):
    """IB didn't answer on everything: what it left out is unknown. What it did tell has reached the listener."""

    def __init__(self, resync: Resync) -> None:
        super().__init__(f"Interactive Brokers did not answer on {', '.join(resync.missing)}.")
        self.resync = resync


class _Parts(TypedDict):
    """What each client of a node stands on."""

    connection: InteractiveBrokersConnection
    introductions: Introductions
    listener: NodeListener


class TradingNode:
    """Its methods belong to the event loop that `connect` runs on. What IB says reaches `listener`.

    After `build`: `provider` finds instruments, `data` streams, `execution` trades, `account` reads what is held.
    """

    def __init__(self, *, config: TradingNodeConfig, listener: NodeListener) -> None:
        self._config = config
        self._listener = GuardedListener(listener)
        self._data_factories: dict[str, type[InteractiveBrokersLiveDataClientFactory]] = {}
        self._exec_factories: dict[str, type[InteractiveBrokersLiveExecClientFactory]] = {}
        self._connection: InteractiveBrokersConnection
        self._introductions: Introductions
        self.provider: InteractiveBrokersInstrumentProvider
        self.data: InteractiveBrokersDataClient
        self.execution: InteractiveBrokersExecutionClient
        self.account: AccountReader

    def add_data_client_factory(self, name: str, factory: type[InteractiveBrokersLiveDataClientFactory]) -> None:
        self._data_factories[name] = factory

    def add_exec_client_factory(self, name: str, factory: type[InteractiveBrokersLiveExecClientFactory]) -> None:
        self._exec_factories[name] = factory

    def build(self) -> None:
        """Makes the clients that the config names. Raises ValueError for one that has no factory, or no config."""
        data_config, data_factory = _the_one(self._config.data_clients, self._data_factories, "data")
        exec_config, exec_factory = _the_one(self._config.exec_clients, self._exec_factories, "exec")
        self._connection = InteractiveBrokersConnection(config=self._config, listener=self._listener)
        self.provider = InteractiveBrokersInstrumentProvider(
            connection=self._connection, config=data_config.instrument_provider, on_described=self._introduce
        )
        self._introductions = Introductions(provider=self.provider, listener=self._listener)
        parts = _Parts(connection=self._connection, introductions=self._introductions, listener=self._listener)
        self.data = data_factory.create(config=data_config, **parts)
        self.execution = exec_factory.create(config=exec_config, **parts)
        self.account = AccountReader(**parts)

    def _introduce(self, instrument: Instrument) -> None:
        self._introductions.introduce(instrument)

    @property
    def account_codes(self) -> list[str]:
        """The accounts behind the login, in IB's order; empty before the first `connect`."""
        return self._connection.account_codes

    @property
    def link(self) -> LinkState:
        return self._connection.link

    async def connect(self) -> None:
        """The API's handshake; can be called again once the link was lost, and then resumes the streams.

        Raises GatewayUnreachable, HandshakeTimedOut, ClientIdInUse or AccountMissing, all of them NodeErrors.
        """
        self.data.forget_streams()
        await self._connection.connect()
        self.execution.begin()
        await self.provider.load()
        self.data.resume()

    async def resync(self) -> Resync:
        """Reads all that IB knows of orders, executions, positions and account values, and tells the listener each.

        Raises ResyncIncomplete when IB left one of these unanswered, and LinkLost. That a read-only API shows no orders
        is no reason to raise.
        """
        resync = Resync(
            open_orders=await _answered(self.execution.read_open_orders()),
            completed_orders=await _answered(self.execution.read_completed_orders()),
            executions=await _answered(self.execution.read_executions()),
            positions=await _answered(self.account.read_positions()),
            account_values=await _answered(self.account.read_values()) or False,
            read_only=self.execution.is_read_only,
        )
        await self._introductions.settled()
        if not resync.is_complete:
            raise ResyncIncomplete(resync)
        return resync

    async def check_trading_permission(self) -> TradingPermission:
        """Whether this login may trade, by an order that is never transmitted. Raises LinkLost."""
        account_code = self._config.account_code or next(iter(self.account_codes), None)
        if account_code is None:
            raise LinkLost("There is no connection to the gateway.")
        return await self.execution.check_trading_permission(account_code)

    async def wait_closed(self) -> None:
        """Returns after `stop` or `drop`; raises LinkLost when the link ends by itself."""
        await self._connection.wait_closed()

    async def stop(self) -> None:
        """Ends the session once what was handed to the socket has left. The orders at IB live on."""
        self.execution.stop()
        await self._connection.close()
        await self._introductions.settled()

    def drop(self) -> None:
        """Ends the session at once and sends nothing more: for a node that has lost the right to act."""
        self.execution.stop()
        self._connection.drop()


def _the_one(configs: Mapping[str, Config], factories: Mapping[str, Factory], kind: str) -> tuple[Config, Factory]:
    for name in {**configs, **factories}:
        if name != "IB":
            raise ValueError(f"There is no {kind} client {name!r}; the one that exists is 'IB'.")
    if "IB" not in configs:
        raise ValueError(f"The config names no {kind} client 'IB'.")
    if "IB" not in factories:
        raise ValueError(f"The {kind} client 'IB' has no factory: call add_{kind}_client_factory before build.")
    return configs["IB"], factories["IB"]


async def _answered(question: Awaitable[Answer]) -> Answer | None:
    """None for no answer. A lost link isn't one missing answer, but the end: it's raised."""
    try:
        return await question
    except (NoAnswer, RequestRefused):
        return None
