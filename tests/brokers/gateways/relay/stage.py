"""A relay in this process, clients that say the preamble by themselves, and a gateway that notes what reached it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from brokers.gateways.relay import words
from brokers.gateways.relay.door import Address
from brokers.gateways.relay.memory import FenceMemory
from brokers.gateways.relay.server import Relay
from brokers.gateways.relay.words import Admission, Answer, Verdict
from tests.brokers.gateways.relay.watcher import Watcher

DEADLINE = 20.0
HOST = "127.0.0.1"
NAME = "alice-1"
KEY = bytes(range(32))


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def abort(self) -> None:
        self.writer.transport.abort()

    async def ended(self) -> bytes:
        """What still came until the connection's end."""
        async with asyncio.timeout(DEADLINE):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


async def line(client: Client) -> bytes:
    async with asyncio.timeout(DEADLINE):
        return await client.reader.readline()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - the gateway is a thread, and sets no event of ours
            await asyncio.sleep(0.001)


@dataclass
class Place:
    """A relay, the gateway behind it, and whoever came."""

    address: Address
    gateway: Watcher
    memory: Path
    clients: list[Client] = field(default_factory=list)

    async def dial(self) -> Client:
        async with asyncio.timeout(DEADLINE):
            client = Client(*await asyncio.open_connection(self.address.host, self.address.port))
        self.clients.append(client)
        return client

    async def knock(
        self, fence: int, *, name: str = NAME, key: bytes = KEY, check_key: bytes = KEY
    ) -> tuple[Client, Answer]:
        """Says the preamble, and reads the answer. Raises WordsRefused for one that `check_key` doesn't prove."""
        client = await self.dial()
        preamble, read_answer = self.preamble(fence, await line(client), name=name, key=key, check_key=check_key)
        client.writer.write(preamble)
        return client, read_answer(await line(client))

    def preamble(
        self, fence: int, greeting: bytes, *, name: str = NAME, key: bytes = KEY, check_key: bytes = KEY
    ) -> tuple[bytes, Callable[[bytes], Answer]]:
        """The line, and how its answer is read."""
        challenge, nonce = words.read_greeting(greeting), secrets.token_hex(32)
        said = words.preamble(Admission(name, fence, key), challenge=challenge, nonce=nonce)
        return said, partial(words.read_answer, key=check_key, challenge=challenge, nonce=nonce)

    async def enter(self, fence: int) -> Client:
        client, answer = await self.knock(fence)
        assert answer.verdict is Verdict.WELCOME, answer
        return client

    async def see_off(self) -> None:
        for client in self.clients:
            client.abort()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()


@asynccontextmanager
async def relay_before(gateway: Watcher, memory: Path, *, key: bytes = KEY) -> AsyncIterator[Place]:
    kept = FenceMemory(memory)
    relay = Relay(name=NAME, key=key, memory=kept, upstream=Address(HOST, gateway.port))
    place = Place(await relay.listen(Address(HOST, 0)), gateway, memory)
    try:
        yield place
    finally:
        await place.see_off()
        await relay.close()
        kept.close()
