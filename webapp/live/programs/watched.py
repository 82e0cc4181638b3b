"""One account on a program's socket: its quotes in a mailbox, its events by number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import UUID

from webapp.accounts.models import BrokerAccount
from webapp.live import access
from webapp.live.fanout import Fanout
from webapp.live.mailbox import Mailbox
from webapp.live.numbered import NumberedEvents

Say = Callable[[str], Awaitable[None]]
IsVisible = Callable[[UUID], Awaitable[bool]]


class WatchedAccount:
    """Says nothing any more once it was left, whatever was under way."""

    def __init__(self, account: BrokerAccount, say: Say, is_visible: IsVisible) -> None:
        self.account_id: UUID = account.pk
        self.numbered = NumberedEvents(
            account.pk,
            self._tell,
            sent=account.last_event_number,
            may_go_on=self._may_go_on,
            label={"account": str(account.pk)},
        )
        self.writing: asyncio.Task[None] | None = None
        self._say = say
        self._is_visible = is_visible
        self._was_left = False
        self._mailbox = Mailbox()
        self._fanout: Fanout | None = None

    async def greet(self, account: BrokerAccount) -> None:
        message = {
            "type": "subscribed",
            "account": str(account.pk),
            "last_event_number": account.last_event_number,
            "session": await access.session_of(account),
        }
        await self._tell(json.dumps(message))

    def show(self, con_ids: frozenset[int]) -> None:
        """A snapshot of these follows, and then what changes. Nothing does for a program that wants events alone."""
        if not con_ids and self._fanout is None:
            return
        self._mailbox.want(con_ids)
        if self._fanout is None:
            self._fanout = Fanout.here()
        self._fanout.join(self.account_id, self._mailbox)

    async def write_quotes(self) -> None:
        while True:
            frame = await self._mailbox.take()
            await self._tell(frame.encode(str(self.account_id)))

    async def leave(self) -> None:
        """Its task is for the socket to end."""
        self._was_left = True
        if self._fanout is not None:
            await self._fanout.leave(self.account_id, self._mailbox)

    async def _tell(self, text: str) -> None:
        if not self._was_left:
            await self._say(text)

    async def _may_go_on(self) -> bool:
        return not self._was_left and await self._is_visible(self.account_id)
