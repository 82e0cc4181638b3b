"""Numbered events to one browser: in order, each once, none left out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from webapp.live import access
from webapp.live.messages import Misunderstood

PAGE = 500


class NumberedEvents:
    """What this socket was sent so far, by number.

    An announcement is a doorbell like any other: it may be lost, doubled or early. The rows have no gap, so whatever
    is missing is read from them.
    """

    def __init__(
        self,
        account_id: UUID,
        say: Callable[[str], Awaitable[None]],
        *,
        sent: int,
        may_go_on: Callable[[], Awaitable[bool]],
        label: dict[str, str] | None = None,
    ) -> None:
        """`may_go_on` is asked before each page: a slow reader's past takes long, and its right may end meanwhile.

        `label` goes with each event, where a socket carries more than one account's.
        """
        self._account_id = account_id
        self._say = say
        self._may_go_on = may_go_on
        self._sent = sent
        self._label = label or {}
        self._turn = asyncio.Lock()

    async def announced(self, event: dict[str, Any]) -> None:
        async with self._turn:
            if event["number"] == self._sent + 1:
                await self._send(event)
            elif event["number"] > self._sent:
                await self._fill()

    async def after(self, number: int) -> None:
        """Everything after `number`, sent before or not: the page says what it has. Raises Misunderstood."""
        async with self._turn:
            newest = await access.newest_number(self._account_id) or 0
            if number > newest:
                raise Misunderstood("no_such_event", f"The newest event has number {newest}; you said {number}.")
            self._sent = number
            await self._fill()

    async def catch_up(self, newest: int) -> None:
        """For the announcement that was lost and had none after it."""
        async with self._turn:
            if newest > self._sent:
                await self._fill()

    async def _fill(self) -> None:
        page_is_full = True
        while page_is_full and await self._may_go_on():
            page = await access.events_after(self._account_id, self._sent, limit=PAGE)
            for event in page:
                await self._send(event)
            page_is_full = len(page) == PAGE

    async def _send(self, event: dict[str, Any]) -> None:
        await self._say(json.dumps({"type": "event", **self._label, **event}))
        self._sent = event["number"]
