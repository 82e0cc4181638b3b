"""The live socket's server side; `webapp.live` says what is spoken on it."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from uuid import UUID

import redis
from channels.generic.websocket import AsyncWebsocketConsumer

from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount
from webapp.bus import keys
from webapp.bus.quotes import Key
from webapp.live import access, messages
from webapp.live.fanout import Fanout
from webapp.live.mailbox import Mailbox
from webapp.live.messages import EventsAfter, Misunderstood, Ping, Subscribe
from webapp.live.numbered import NumberedEvents

logger = logging.getLogger(__name__)

SEND_SECONDS = 20.0
RECHECK_SECONDS = 10.0
LAST_WORD_SECONDS = 5.0

NOT_FOUND = 4404
SIGNED_OUT = 4401
ROLE_CHANGED = 4403
BUS_LOST = 1012
OUR_ERROR = 1011


class BrowserGone(Exception):
    """It hung up, or takes nothing any more."""


class Ended(Exception):
    """The socket may not go on; `code` is the close code that tells the browser why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Outsider(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Every socket that doesn't exist for whoever asks."""

    async def connect(self) -> None:
        await self.deny()

    async def deny(self) -> None:
        """HTTP 404 where the server can say it (uvicorn can), else a close code; never a socket that was open."""
        if "websocket.http.response" not in self.scope.get("extensions", {}):
            await self.close(NOT_FOUND)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await self.base_send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
        await self.base_send({"type": "websocket.http.response.body", "body": b"Not found."})


class AccountConsumer(Outsider):
    """One browser, one account: its quotes in a task of their own, everything else in the order it comes."""

    account_id: UUID
    _role = ""
    _numbered: NumberedEvents

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.account_id = scope["url_route"]["kwargs"]["account_id"]
        self._mailbox = Mailbox()
        self._fanout: Fanout | None = None
        self._in_group = False
        try:
            await self._converse(scope, receive, send)
        except* BrowserGone as gone:
            logger.info("account %s: %s", self.account_id, gone.exceptions[0])
        except* Ended as group:
            await self._close_for(group.exceptions[0])
        except* redis.RedisError as lost:
            logger.warning("account %s: a live socket lost the message bus: %s", self.account_id, lost.exceptions[0])
            await self._close_for(Ended(BUS_LOST, "the server lost its message bus"))
        except* Exception:
            logger.exception("account %s: a live socket failed", self.account_id)
            await self._close_for(Ended(OUR_ERROR, "an error of the server"))
        finally:
            await self._release()

    async def _converse(self, scope: Any, receive: Any, send: Any) -> None:
        """The tasks end with the conversation, and the conversation with the first task that fails."""
        self._background: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as self._tasks:
            await super().__call__(scope, receive, send)
            for task in self._background:
                task.cancel()

    async def connect(self) -> None:
        if await self._account() is None:
            await self.deny()
            return
        await self._enter_group()
        # Read after the group is entered, so that no event falls between hello's number and the first announcement.
        account = await self._account()
        if account is None:
            await self.deny()
            return
        self._role = account.role
        await self.accept()
        await self._say_hello(account)
        self._background = [self._tasks.create_task(self._write_quotes()), self._tasks.create_task(self._recheck())]

    async def _account(self) -> BrokerAccount | None:
        return await access.account_of(self.scope["user"], self.account_id)

    async def _enter_group(self) -> None:
        self._in_group = True
        await self.channel_layer.group_add(keys.account_group(self.account_id), self.channel_name)

    async def _say_hello(self, account: BrokerAccount) -> None:
        number = account.last_event_number
        self._numbered = NumberedEvents(self.account_id, self._say, sent=number)
        session = sessions.as_body(account.session)
        await self._say(json.dumps({"type": "hello", "last_event_number": number, "session": session}))

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
        account = await self._account()
        if account is None:
            raise Ended(NOT_FOUND, "the account is gone, or isn't shared any more")
        if account.role != self._role:
            raise Ended(ROLE_CHANGED, f"the role is {account.role} from now on")
        return account

    async def _write_quotes(self) -> None:
        while True:
            frame = await self._mailbox.take()
            await self._say(frame.encode())

    async def _recheck(self) -> None:
        """Signing out ends the socket soon after, and an announcement that was lost comes late, not never."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if not await access.is_signed_in(self.scope["session"].session_key, self.scope["user"].pk):
                raise Ended(SIGNED_OUT, "signed out")
            account = await self._require_access()
            await self._numbered.catch_up(account.last_event_number)

    async def _say(self, text: str) -> None:
        """Raises BrowserGone when the browser hung up, or took nothing for SEND_SECONDS."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=text)
        except TimeoutError:
            raise BrowserGone(f"the browser took nothing for {SEND_SECONDS:g} s") from None
        except OSError:
            raise BrowserGone("the browser hung up") from None

    async def _close_for(self, end: BaseException) -> None:
        """The last word. The tasks have ended, so nothing is sent after it."""
        code = end.code if isinstance(end, Ended) else OUR_ERROR
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self.close(code, str(end))
        except (OSError, RuntimeError) as error:
            logger.info("account %s: the socket was closed already: %r", self.account_id, error)

    async def _release(self) -> None:
        if self._fanout is not None:
            await self._fanout.leave(self.account_id, self._mailbox)
        if self._in_group:
            await self._leave_group()

    async def _leave_group(self) -> None:
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self.channel_layer.group_discard(keys.account_group(self.account_id), self.channel_name)
        except (redis.RedisError, OSError) as error:
            logger.warning("account %s: a closed socket stays in its group: %r", self.account_id, error)
