"""Gateways that a keeper runs, asked for over its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec, Tell, tell_nobody
from brokers.gateways.keeper.answers import endpoint_of, value_of, word_of
from brokers.gateways.keeper.questions import Find, Logs, Question, Start, Stop, Sweep, WaitLoggedIn, ask_frame
from brokers.gateways.keeper.wire import LONGEST_FRAME, BadFrame, Frame, read_frame, write_frame

# Seconds for what the engine does at once: to stop a gateway takes longest.
ANSWER_DEADLINE = 60.0
# What a wait's answer may take beyond the wait itself: it's counted from the end of the broker's prompt.
_SLACK = 10.0
_LONGEST_PROMPT = 180.0


class KeeperRuntime:
    """A GatewayRuntime. Each call is a connection of its own, so a keeper that was started again is met by the next."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Starts it, or returns the one that already runs under this name with this login and mode."""
        endpoint = endpoint_of(await self._ask(Start(spec)))
        if endpoint is None:
            raise GatewayError("The keeper started no gateway.")
        return endpoint

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float, tell: Tell = tell_nobody) -> None:
        """`deadline` is in seconds from now, or from the end of a second factor that is asked for."""
        question = WaitLoggedIn(endpoint.gateway_id, deadline)
        await self._ask(question, deadline=deadline + _LONGEST_PROMPT + _SLACK, tell=tell)

    async def find(self, name: str) -> Endpoint | None:
        return endpoint_of(await self._ask(Find(name)))

    async def stop(self, name: str) -> None:
        """Its settings stay, for the next start."""
        await self._ask(Stop(name))

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """None once it was stopped."""
        return [str(line) for line in await self._ask(Logs(name, lines))]

    async def sweep(self, *, wanted: Collection[str], known: Collection[str], older_than: float) -> list[str]:
        question = Sweep(tuple(wanted), tuple(known), older_than)
        return [str(name) for name in await self._ask(question)]

    async def _ask(self, question: Question, *, deadline: float = ANSWER_DEADLINE, tell: Tell = tell_nobody) -> Any:
        """`deadline` is for each frame. Raises GatewayErrors as the keeper met them, and what `tell` raises."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=LONGEST_FRAME)
        except OSError as error:
            raise GatewayError(f"No keeper answers at {self._socket} ({error.strerror}).") from None
        try:
            frame = await _put(question, reader, writer, deadline)
            while (word := word_of(frame)) is not None:
                await tell(word)
                frame = await _next_frame(reader, deadline)
        finally:
            writer.close()
        return value_of(frame)


async def _put(
    question: Question, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deadline: float
) -> Frame:
    try:
        await write_frame(writer, ask_frame(question))
    except (OSError, TimeoutError) as error:
        raise _unanswered(error) from None
    return await _next_frame(reader, deadline)


async def _next_frame(reader: asyncio.StreamReader, deadline: float) -> Frame:
    try:
        return await read_frame(reader, deadline=deadline)
    except BadFrame as error:
        raise _unanswered(error) from None


def _unanswered(error: Exception) -> GatewayError:
    return GatewayError(f"The keeper gave no answer: {error or 'it takes none in'}.")
