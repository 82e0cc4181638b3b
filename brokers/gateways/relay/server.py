"""The relay's port: what a client has to say, and how long it may take for it."""

from __future__ import annotations

import asyncio
import logging

from brokers.gateways.relay import words
from brokers.gateways.relay.door import Address, Door, NotAdmitted
from brokers.gateways.relay.memory import FenceMemory
from brokers.gateways.relay.passage import Passage, Side
from brokers.gateways.relay.words import Answer, Verdict, WordsRefused

log = logging.getLogger(__name__)

PREAMBLE_DEADLINE = 5.0  # seconds
# Who has said nothing yet costs a socket and a small buffer each; one more, and the oldest of them goes.
MOST_STRANGERS = 32


class Relay:
    """In front of one gateway. `key` is that gateway's own."""

    def __init__(self, *, name: str, key: bytes, memory: FenceMemory, upstream: Address) -> None:
        self._name = name
        self._key = key
        self._door = Door(memory=memory, upstream=upstream)
        self._strangers: dict[asyncio.StreamWriter, None] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self, address: Address) -> Address:
        """The address with its port, which the system chose when it is 0. Raises OSError."""
        self._listener = await asyncio.start_server(self._accept, address.host, address.port, limit=words.LONGEST_LINE)
        return Address(address.host, self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Everybody at once; returns when they are gone."""
        if self._listener is not None:
            self._listener.close()
        self._door.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Side(reader, writer)))
        self._serving.add(task)
        task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a connection ended badly", exc_info=task.exception())

    async def _serve(self, client: Side) -> None:
        writer, peer = client.writer, _peer(client.writer)
        challenge = words.new_challenge()
        try:
            fence, nonce = await self._hear(client, challenge)
            log.info("%s comes with fence %d", peer, fence)
            await self._door.pass_through(
                Passage(client), fence, welcome=self._said(Answer(Verdict.WELCOME, "Go on."), challenge, nonce)
            )
            log.info("%s is gone", peer)
        except NotAdmitted as refusal:
            log.warning("%s was refused: %s", peer, refusal)
            writer.write(self._said(refusal.answer, challenge, nonce))
        except WordsRefused as refusal:
            log.warning("%s was refused: %s", peer, refusal)
            writer.write(self._said(Answer(Verdict.UNPROVEN, str(refusal)), challenge, ""))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            log.info("%s said nothing that could be answered: %r", peer, error)
        finally:
            await client.close()

    async def _hear(self, client: Side, challenge: str) -> tuple[int, str]:
        """Raises WordsRefused, TimeoutError, IncompleteReadError and OSError."""
        self._make_room()
        self._strangers[client.writer] = None
        try:
            async with asyncio.timeout(PREAMBLE_DEADLINE):
                client.writer.write(words.greeting(challenge))
                line = await client.reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise WordsRefused(f"A preamble is at most {words.LONGEST_LINE} bytes long.") from None
        finally:
            self._strangers.pop(client.writer, None)
        return words.read_preamble(line, name=self._name, key=self._key, challenge=challenge)

    def _make_room(self) -> None:
        while len(self._strangers) >= MOST_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.transport.abort()

    def _said(self, answer: Answer, challenge: str, nonce: str) -> bytes:
        return words.answer(answer, key=self._key, challenge=challenge, nonce=nonce)


def _peer(writer: asyncio.StreamWriter) -> str:
    host, port, *_ = writer.get_extra_info("peername") or ("unknown", 0)
    return f"{host}:{port}"
