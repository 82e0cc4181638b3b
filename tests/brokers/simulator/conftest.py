"""A gateway in this process behind real TCP, whose market moves only when a test says so; and the real `ib_insync`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ib_insync import IB, Contract, Forex, Stock, Trade

from brokers.simulator.api.server import Server
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.gateway import Gateway
from brokers.simulator.scenario.scenario import Scenario
from brokers.simulator.wire import SERVER_VERSION, decode, encode

HOST = "127.0.0.1"
DEADLINE = 10.0

T = TypeVar("T")


async def became(condition: Callable[[], bool]) -> None:
    """Lets the loop run until the condition holds."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0)


async def turns() -> None:
    """Lets the loop come round often enough for anything that is on its way in this process to arrive."""
    for _ in range(50):
        await asyncio.sleep(0)


async def soon(awaitable: Awaitable[T], *, seconds: float = DEADLINE) -> T:
    """The answer, or a failure instead of a hang."""
    return await asyncio.wait_for(awaitable, seconds)


@dataclass
class Running:
    """A listening gateway, its ledger, and what can be made to happen to it."""

    gateway: Gateway
    server: Server
    port: int
    ledger: Path
    scenario: Scenario
    clients: list[RawClient | IB] = field(default_factory=list)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return [row for line in self.ledger.read_text().splitlines() if (row := json.loads(line))["kind"] == kind]

    async def connect(self, client_id: int = 1) -> IB:
        ib = IB()
        ib.RaiseRequestErrors = True
        self.clients.append(ib)
        await ib.connectAsync(HOST, self.port, clientId=client_id, timeout=DEADLINE)
        return ib

    async def raw(self) -> RawClient:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        client = RawClient(reader, writer)
        self.clients.append(client)
        return client

    async def gone(self, client_id: int) -> None:
        """Waits until the gateway has noticed that a client left."""
        await became(lambda: self.gateway.sessions.get(client_id) is None)


@dataclass
class RawClient:
    """Bytes in and out, for what no library would send."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def write(self, content: bytes) -> None:
        self.writer.write(content)

    def send(self, *fields: Any) -> None:
        self.write(encode(fields))

    async def greet(self) -> list[str]:
        versions = f"v{SERVER_VERSION}..{SERVER_VERSION}".encode()
        self.write(b"API\0" + len(versions).to_bytes(4, "big") + versions)
        return await self.receive()

    async def start(self, client_id: int = 1) -> None:
        await self.greet()
        self.send(71, 2, client_id, "")
        await self.receive_until(lambda fields: fields[0] == "4" and fields[3] == "2158")

    async def receive(self) -> list[str]:
        length = int.from_bytes(await soon(self.reader.readexactly(4)), "big")
        return decode(await soon(self.reader.readexactly(length)))

    async def receive_until(self, wanted: Callable[[list[str]], bool]) -> list[list[str]]:
        """Every message up to and with the first wanted one."""
        received = [await self.receive()]
        while not wanted(received[-1]):
            received.append(await self.receive())
        return received

    async def is_closed(self) -> bool:
        """Waits for the gateway to hang up; what it still said is read over."""
        with contextlib.suppress(ConnectionError):
            await soon(self.reader.read())
        return self.reader.at_eof() or self.reader.exception() is not None

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await soon(self.writer.wait_closed())


async def started(
    ledger: Path, *, seed: int = 7, read_only: bool = False, accounts: int = 1, calendar: Calendar | None = None
) -> Running:
    gateway = Gateway(
        account="DU1000001", seed=seed, ledger=ledger, read_only=read_only, accounts=accounts, calendar=calendar
    )
    gateway.open()
    server = Server(gateway)
    # Whatever the machine's pace: an answer is complete before the next request is read, unless a test says otherwise.
    server.intake.slices.seconds = DEADLINE
    scenario = Scenario()
    scenario.begin(gateway, server)
    port = await server.listen(HOST, 0)
    return Running(gateway, server, port, ledger, scenario)


async def left(ib: IB) -> None:
    """Disconnects, and waits until the socket is closed on this side."""
    ib.disconnect()
    await became(lambda: ib.client.conn.transport is None)


async def stopped(running: Running) -> None:
    for client in running.clients:
        await (client.close() if isinstance(client, RawClient) else left(client))
    await soon(running.scenario.close())
    await soon(running.server.close())
    running.gateway.close()


@pytest.fixture
async def ib(running: Running) -> IB:
    return await running.connect()


@pytest.fixture
async def raw(running: Running) -> RawClient:
    return await running.raw()


@pytest.fixture
def apple() -> Contract:
    return Stock("AAPL", "SMART", "USD", conId=265598)


@pytest.fixture
def euro() -> Contract:
    return Forex("EURUSD", conId=12087792)


async def until(ib: IB, condition: Callable[[], bool]) -> None:
    """Waits for messages until the condition holds."""
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await ib.updateEvent


async def settled(ib: IB, trade: Trade, status: str) -> None:
    await until(ib, lambda: trade.orderStatus.status == status)


async def answered(ib: IB) -> None:
    """Everything sent before this was served: requests are served in the order in which they come."""
    await soon(ib.reqCurrentTimeAsync())


class Errors:
    """The codes that a client was told, with the request they were about."""

    def __init__(self, ib: IB) -> None:
        self.heard: list[tuple[int, int, str]] = []
        ib.errorEvent += self._hear

    def _hear(self, request_id: int, code: int, text: str, _contract: Contract | None) -> None:
        self.heard.append((request_id, code, text))

    def codes(self, request_id: int) -> list[int]:
        return [code for about, code, _ in self.heard if about == request_id]


@pytest.fixture
def errors(ib: IB) -> Errors:
    return Errors(ib)
