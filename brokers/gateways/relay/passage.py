"""One client's way through the relay: its connection, the gateway's, and the bytes between the two."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass

# What a side that has ended still gets: the time to read, or to take, what was said before. Seconds.
LAST_WORDS = 2.0

# Larger than what one read of a socket brings (256 KiB), so that a buffer is emptied in one go.
_CHUNK = 1024 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Side:
    """A connection's two streams."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def abort(self) -> None:
        """At once. With a linger time of 0 the system, too, throws away what it has not delivered yet."""
        with contextlib.suppress(OSError):  # it's closed already
            raw: socket.socket | None = self.writer.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.writer.transport.abort()

    async def close(self) -> None:
        """Once the other end has taken what was written, or after LAST_WORDS; returns when it's gone."""
        self.writer.close()
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self._gone()
        except TimeoutError:
            self.abort()
            await self._gone()

    async def _gone(self) -> None:
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Passage:
    """Made in the task that serves the client."""

    def __init__(self, client: Side) -> None:
        self.client = client
        self._upstream: Side | None = None
        self._task = asyncio.current_task()

    def cut(self) -> None:
        """Both sides, at once: when this returns, no further byte can leave for the gateway."""
        for side in (self._upstream, self.client):
            if side is not None:
                side.abort()
        if self._task is not None:
            self._task.cancel()

    async def relay(self, upstream: Side) -> None:
        """Until either side has ended; both are gone then."""
        self._upstream = upstream
        try:
            await _both_ways(self.client, upstream)
            await asyncio.gather(self.client.close(), upstream.close())
        finally:
            upstream.abort()
            await upstream.close()


async def _both_ways(client: Side, upstream: Side) -> None:
    pumps = {asyncio.create_task(_pump(client, upstream)), asyncio.create_task(_pump(upstream, client))}
    try:
        ended, going = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if not any(pump.exception() for pump in ended):
            await _last_words(going)
    finally:
        for pump in pumps:
            pump.cancel()
        outcomes = await asyncio.gather(*pumps, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
            raise outcome


async def _last_words(going: set[asyncio.Task[None]]) -> None:
    if going:
        await asyncio.wait(going, timeout=LAST_WORDS)


async def _pump(source: Side, target: Side) -> None:
    """Reads no further while the target doesn't take it: what is between the two stays small. Raises OSError."""
    while data := await source.reader.read(_CHUNK):
        target.writer.write(data)
        await target.writer.drain()
    if target.writer.can_write_eof():
        target.writer.write_eof()
