"""A live socket of any kind: who is let in, what it says, the tasks beside it, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import redis
from channels.generic.websocket import AsyncWebsocketConsumer

from webapp.bus import keys

logger = logging.getLogger(__name__)

SEND_SECONDS = 20.0
LAST_WORD_SECONDS = 5.0

NOT_FOUND = 4404
BUS_LOST = 1012
OUR_ERROR = 1011


class PeerGone(Exception):
    """It hung up, or takes nothing any more."""


class Ended(Exception):
    """The socket may not go on; `code` is the close code that tells the other end why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Outsider(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Every socket that doesn't exist for whoever asks."""

    async def connect(self) -> None:
        await self.deny()

    async def deny(
        self,
        status: int = 404,
        body: str = "Not found.",
        content_type: str = "text/plain; charset=utf-8",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        """By HTTP where the server can say it (uvicorn can), else a close code; never a socket that was open."""
        if "websocket.http.response" not in self.scope.get("extensions", {}):
            await self.close(4000 + status)
            return
        told = [(b"content-type", content_type.encode()), *headers]
        await self.base_send({"type": "websocket.http.response.start", "status": status, "headers": told})
        await self.base_send({"type": "websocket.http.response.body", "body": body.encode()})


class Conversation(Outsider):
    """One socket with tasks beside what it hears. They end with it, and it ends with the first that fails."""

    # Whom the log names.
    peer = "a live socket"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._groups: set[UUID] = set()
        self._background: list[asyncio.Task[None]] = []
        try:
            await self._converse(scope, receive, send)
        except* PeerGone as gone:
            logger.info("%s: %s", self.peer, gone.exceptions[0])
        except* Ended as group:
            await self._close_for(group.exceptions[0])
        except* redis.RedisError as lost:
            logger.warning("%s lost the message bus: %s", self.peer, lost.exceptions[0])
            await self._close_for(Ended(BUS_LOST, "the server lost its message bus"))
        except* Exception:
            logger.exception("%s failed", self.peer)
            await self._close_for(Ended(OUR_ERROR, "an error of the server"))
        finally:
            await self._release()

    async def _converse(self, scope: Any, receive: Any, send: Any) -> None:
        async with asyncio.TaskGroup() as self._tasks:
            await super().__call__(scope, receive, send)
            for task in self._background:
                task.cancel()

    async def _every(self, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
        """For a task of the step's own: what waits for a slow reader must not keep another step waiting."""
        while True:
            await asyncio.sleep(seconds)
            await step()

    async def _release(self) -> None:
        """What this socket holds elsewhere is given back."""
        for account_id in list(self._groups):
            await self._leave_group(account_id)

    async def _enter_group(self, account_id: UUID) -> None:
        self._groups.add(account_id)
        await self.channel_layer.group_add(keys.account_group(account_id), self.channel_name)

    async def _leave_group(self, account_id: UUID) -> None:
        self._groups.discard(account_id)
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self.channel_layer.group_discard(keys.account_group(account_id), self.channel_name)
        except (redis.RedisError, OSError) as error:
            logger.warning("%s stays in the group of account %s: %r", self.peer, account_id, error)

    async def _say(self, text: str) -> None:
        """Raises PeerGone when the other end hung up, or took nothing for SEND_SECONDS."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=text)
        except TimeoutError:
            raise PeerGone(f"the other end took nothing for {SEND_SECONDS:g} s") from None
        except OSError:
            raise PeerGone("the other end hung up") from None

    async def _close_for(self, end: BaseException) -> None:
        """The last word. The tasks have ended, so nothing is sent after it."""
        code = end.code if isinstance(end, Ended) else OUR_ERROR
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self.close(code, str(end))
        except (OSError, RuntimeError) as error:
            logger.info("%s was closed already: %r", self.peer, error)
