"""The live socket's server side; `webapp.live` says what is spoken on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from webapp.accounts.models import BrokerAccount
from webapp.bus.quotes import Key
from webapp.live import access, messages
from webapp.live.conversation import NOT_FOUND, Conversation, Ended
from webapp.live.fanout import Fanout
from webapp.live.mailbox import Mailbox
from webapp.live.messages import EventsAfter, Misunderstood, Ping, Subscribe
from webapp.live.numbered import NumberedEvents

# For the push that was lost: what is taken back closes as soon all the same. It costs each socket three rows by their
# keys: the session's, the user's, and the account's with what is shared of it.
RECHECK_SECONDS = 2.0
CATCH_UP_SECONDS = 10.0

SIGNED_OUT = 4401
ROLE_CHANGED = 4403


class AccountConsumer(Conversation):
    """One browser, one account: its quotes in a task of their own, everything else in the order it comes."""

    account_id: UUID
    _role = ""
    _numbered: NumberedEvents

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.account_id = scope["url_route"]["kwargs"]["account_id"]
        self.peer = f"a browser at account {self.account_id}"
        self._mailbox = Mailbox()
        self._fanout: Fanout | None = None
        await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        if await self._account() is None:
            await self.deny()
            return
        await self._enter_group(self.account_id)
        # Read after the group is entered, so that no event falls between hello's number and the first announcement.
        account = await self._account()
        if account is None:
            await self.deny()
            return
        self._role = account.role
        await self.accept()
        await self._say_hello(account)
        beside = (
            self._write_quotes(),
            self._every(RECHECK_SECONDS, self._require_access),
            self._every(CATCH_UP_SECONDS, self._catch_up),
        )
        self._background = [self._tasks.create_task(each) for each in beside]

    async def _account(self) -> BrokerAccount | None:
        return await access.account_of(self.scope["user"], self.account_id)

    async def _say_hello(self, account: BrokerAccount) -> None:
        number = account.last_event_number
        self._numbered = NumberedEvents(self.account_id, self._say, sent=number, may_go_on=self._has_access)
        session = await access.session_of(account)
        hello = {"type": "hello", "at": datetime.now(UTC).isoformat(), "last_event_number": number, "session": session}
        await self._say(json.dumps(hello))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        try:
            await self._obey(messages.parse(text_data))
        except Misunderstood as refusal:
            await self._say(messages.error(refusal))

    async def _obey(self, message: messages.Message) -> None:
        match message:
            case Subscribe(con_ids, panes):
                self._show(con_ids | panes)
            case EventsAfter(number):
                await self._numbered.after(number)
            case Ping():
                await self._say('{"type":"pong"}')

    def _show(self, wanted: frozenset[Key]) -> None:
        self._mailbox.want(wanted)
        if self._fanout is None:
            self._fanout = Fanout.here()
        self._fanout.join(self.account_id, self._mailbox)

    async def account_event(self, message: dict[str, Any]) -> None:
        """From the channel layer: an event was written."""
        await self._numbered.announced(message["event"])

    async def account_access(self, _message: dict[str, Any]) -> None:
        """From the channel layer: somebody's right to this account has changed, this user's perhaps."""
        await self._require_access()

    async def _require_access(self) -> BrokerAccount:
        """Asked in this order: a user who was suspended is told that they are signed out, whatever they could see."""
        if not await access.is_signed_in(self.scope["session"].session_key, self.scope["user"].pk):
            raise Ended(SIGNED_OUT, "signed out")
        account = await self._account()
        if account is None:
            raise Ended(NOT_FOUND, "the account is gone, or isn't shared any more")
        if account.role != self._role:
            raise Ended(ROLE_CHANGED, f"the role is {account.role} from now on")
        return account

    async def _has_access(self) -> bool:
        """Raises Ended where it hasn't."""
        return await self._require_access() is not None

    async def _write_quotes(self) -> None:
        while True:
            frame = await self._mailbox.take()
            await self._say(frame.encode())

    async def _catch_up(self) -> None:
        """An announcement that was lost comes late, not never."""
        await self._numbered.catch_up(await access.newest_number(self.account_id) or 0)

    async def _release(self) -> None:
        if self._fanout is not None:
            await self._fanout.leave(self.account_id, self._mailbox)
        await super()._release()
