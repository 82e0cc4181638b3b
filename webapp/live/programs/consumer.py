"""The feed's server side; `webapp.live.programs` says what is spoken on it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from webapp.accounts import tokens
from webapp.accounts.allowances import AllowanceSpent
from webapp.accounts.models import ApiToken, BrokerAccount
from webapp.live import access
from webapp.live.conversation import Conversation, Ended
from webapp.live.messages import Misunderstood, Ping, error
from webapp.live.programs import messages
from webapp.live.programs.messages import Unwatch, Watch
from webapp.live.programs.sockets import TooManySockets, open_sockets
from webapp.live.programs.watched import WatchedAccount

RECHECK_SECONDS = 2.0
MOST_ACCOUNTS = 20
# Seconds after which to ask for a socket again, when the token has as many as it may.
RETRY_AFTER = 30

TOKEN_ENDED = 4401
PROBLEM = "application/problem+json"
NO_TOKEN = "This needs a token in the handshake's header: “Authorization: Bearer TOKEN”, with the scope “read”."  # noqa: S105 - the word
NO_SCOPE = "This needs a token with the scope “read”."
NOT_YOURS = "There is no such account."


class ProgramConsumer(Conversation):
    """One program, any number of its accounts."""

    token: ApiToken

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._watched: dict[UUID, WatchedAccount] = {}
        self._is_counted = False
        await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        token = await access.token_in(self.scope["headers"])
        if token is None:
            await self._refuse(HTTPStatus.UNAUTHORIZED, NO_TOKEN)
        elif (allowance := await access.spend(token)) is not None and allowance.is_spent:
            again = (b"retry-after", str(allowance.seconds).encode())
            await self._refuse(HTTPStatus.TOO_MANY_REQUESTS, str(AllowanceSpent(allowance)), again)
        elif tokens.READ not in token.scopes:
            await self._refuse(HTTPStatus.FORBIDDEN, NO_SCOPE)
        else:
            await self._admit(token)

    async def _refuse(self, status: HTTPStatus, detail: str, *headers: tuple[bytes, bytes]) -> None:
        body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        await self.deny(status.value, json.dumps(body, ensure_ascii=False), PROBLEM, headers)

    async def _admit(self, token: ApiToken) -> None:
        try:
            open_sockets.take(token.pk)
        except TooManySockets as refusal:
            again = (b"retry-after", str(RETRY_AFTER).encode())
            await self._refuse(HTTPStatus.TOO_MANY_REQUESTS, str(refusal), again)
            return
        self.token, self._is_counted = token, True
        await self._welcome(token)

    async def _welcome(self, token: ApiToken) -> None:
        self.peer = f"a program with token {token.pk}"
        await self.accept()
        hello = {"type": "hello", "scopes": token.scopes, "expires_at": token.expires_at.isoformat()}
        await self._say(json.dumps(hello))
        steps = (self._require_token, self._leave_hidden, self._catch_up)
        self._background = [self._tasks.create_task(self._every(RECHECK_SECONDS, step)) for step in steps]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        try:
            await self._obey(messages.parse(text_data))
        except Misunderstood as refusal:
            await self._say(error(refusal))

    async def _obey(self, message: messages.Message) -> None:
        match message:
            case Watch():
                await self._watch(message)
            case Unwatch(account_id):
                if account_id not in self._watched:
                    raise Misunderstood("not_subscribed", f"There is no subscription to the account {account_id}.")
                await self._unwatch(account_id, "as you asked")
            case Ping():
                await self._say('{"type":"pong"}')

    async def _watch(self, wanted: Watch) -> None:
        account = await self._joined(wanted.account_id)
        if wanted.after is not None and wanted.after > account.last_event_number:
            raise Misunderstood(
                "no_such_event", f"The newest event has number {account.last_event_number}; you said {wanted.after}."
            )
        watched = self._watched.get(account.pk)
        if watched is None:
            watched = self._watched[account.pk] = WatchedAccount(account, self._say, self._is_visible)
        await watched.greet(account)
        if wanted.after is not None:
            await watched.numbered.after(wanted.after)
        if self._watched.get(account.pk) is watched:  # the right to it may have ended meanwhile
            self._show(watched, wanted.con_ids)

    async def _joined(self, account_id: UUID) -> BrokerAccount:
        """Its row, read after its group was entered, so that no event falls between the two. Raises Misunderstood."""
        if account_id not in self._groups:
            await self._require_visible(account_id)
            if len(self._groups) >= MOST_ACCOUNTS:
                raise Misunderstood("too_many_accounts", f"A socket carries {MOST_ACCOUNTS} accounts; open another.")
            await self._enter_group(account_id)
        return await self._require_visible(account_id)

    async def _require_visible(self, account_id: UUID) -> BrokerAccount:
        account = await access.account_of(self.token.user, account_id)
        if account is None:
            raise Misunderstood("no_such_account", NOT_YOURS)
        return account

    def _show(self, watched: WatchedAccount, con_ids: frozenset[int]) -> None:
        watched.show(con_ids)
        if watched.writing is None:
            watched.writing = self._tasks.create_task(watched.write_quotes())
            self._background.append(watched.writing)

    async def _unwatch(self, account_id: UUID, reason: str) -> None:
        """Nothing of the account is sent after the word that says so."""
        watched = self._watched.pop(account_id, None)
        if watched is None:
            return
        if watched.writing is not None:
            watched.writing.cancel()
            self._background.remove(watched.writing)
        await watched.leave()
        await self._leave_group(account_id)
        await self._say(json.dumps({"type": "unsubscribed", "account": str(account_id), "reason": reason}))

    async def account_event(self, message: dict[str, Any]) -> None:
        """From the channel layer: an event was written."""
        watched = self._watched.get(UUID(message["account"]))
        if watched is not None:
            await watched.numbered.announced(message["event"])

    async def account_access(self, message: dict[str, Any]) -> None:
        """From the channel layer: somebody's right to this account has changed, this user's perhaps."""
        await self._is_visible(UUID(message["account"]))

    async def _is_visible(self, account_id: UUID) -> bool:
        """Where it isn't any more, its subscription ends."""
        if await access.account_of(self.token.user, account_id) is None:
            await self._unwatch(account_id, NOT_YOURS)
        return account_id in self._watched

    async def _require_token(self) -> None:
        if not await access.is_valid(self.token):
            raise Ended(TOKEN_ENDED, "the token was revoked or has run out")

    async def _leave_hidden(self) -> None:
        """For the announcement that was lost, and the one that waits behind a long past."""
        watched = list(self._watched)
        visible = await access.newest_numbers(self.token.user, watched)
        for account_id in watched:
            if account_id not in visible:
                await self._unwatch(account_id, NOT_YOURS)

    async def _catch_up(self) -> None:
        """An announcement that was lost comes late, not never."""
        newest = await access.newest_numbers(self.token.user, list(self._watched))
        for account_id, number in newest.items():
            watched = self._watched.get(account_id)
            if watched is not None:
                await watched.numbered.catch_up(number)

    async def _release(self) -> None:
        if self._is_counted:
            open_sockets.give_back(self.token.pk)
        for watched in self._watched.values():
            await watched.leave()
        await super()._release()
