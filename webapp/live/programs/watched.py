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


class WatchedAccount:
    def __init__(self, account: BrokerAccount, say: Say) -> None:
        self.account_id: UUID = account.pk
        self.numbered = NumberedEvents(
            account.pk, say, sent=account.last_event_number, label={"account": str(account.pk)}
        )
        self.writing: asyncio.Task[None] | None = None
        self._say = say
        self._mailbox = Mailbox()
        self._fanout: Fanout | None = None

    async def greet(self, account: BrokerAccount) -> None:
        message = {
            "type": "subscribed",
            "account": str(account.pk),
            "last_event_number": account.last_event_number,
            "session": await access.session_of(account),
        }
        await self._say(json.dumps(message))

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
            await self._say(frame.encode(str(self.account_id)))

    async def leave(self) -> None:
        """Its task is for the socket to end."""
        if self._fanout is not None:
            await self._fanout.leave(self.account_id, self._mailbox)
