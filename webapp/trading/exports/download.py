"""One export on its way to one client, which may be slow, stop reading, or go away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from webapp.trading.exports.copying import Copying
from webapp.trading.exports.places import Places

log = logging.getLogger(__name__)

# Seconds until the client takes the next chunk, until the database gives it, and from the first to the last. While it
# lasts, PostgreSQL can clean up nothing that is newer.
CLIENT_DEADLINE = 30.0
DATABASE_DEADLINE = 120.0
WHOLE_DEADLINE = 1800.0


class Download:
    """The chunks, for ASGI. Its query ends with the last one, with an error, and when the client doesn't go on.

    A file that is cut short is never mistaken for a whole one: the response has no end then.
    """

    def __init__(self, make_chunks: Callable[[Copying], AsyncIterator[bytes]], places: Places) -> None:
        self._copying = Copying()
        self._chunks = make_chunks(self._copying)
        self._places = places
        self._loop: asyncio.AbstractEventLoop | None = None
        self._until = 0.0
        self._stall: asyncio.TimerHandle | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._begin()
        try:
            async with asyncio.timeout_at(self._deadline(DATABASE_DEADLINE)):
                chunk = await anext(self._chunks)
        except Exception as error:
            self._end()
            if isinstance(error, StopAsyncIteration):
                raise
            log.exception("an export was cut short")
            # Django closes the response, and gives the request's connection back to the pool, after a cancellation
            # alone: any other error would leave both behind.
            raise asyncio.CancelledError from error
        except BaseException:
            self._end()
            raise
        self._watch_the_client()
        return chunk

    def close(self) -> None:
        """Called in a thread with the response, also when the client went away half-way."""
        if self._loop is None:
            self._places.give_back(self)
            return
        with suppress(RuntimeError):  # the loop is closed: the process ends, and its connections with it
            self._loop.call_soon_threadsafe(self._end)

    def _begin(self) -> None:
        self._rest()
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._until = self._loop.time() + WHOLE_DEADLINE

    def _deadline(self, seconds: float) -> float:
        return min(asyncio.get_running_loop().time() + seconds, self._until)

    def _watch_the_client(self) -> None:
        """The server takes no chunk while its client reads nothing, and has no deadline of its own."""
        loop, reader = asyncio.get_running_loop(), asyncio.current_task()
        self._stall = loop.call_at(self._deadline(CLIENT_DEADLINE), self._give_up, reader)

    def _give_up(self, reader: asyncio.Task[object] | None) -> None:
        log.warning("an export was ended: its client had stopped reading, or took too long")
        self._end()
        if reader is not None:
            reader.cancel()

    def _rest(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _end(self) -> None:
        self._rest()
        self._copying.end()
        self._places.give_back(self)
