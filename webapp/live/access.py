"""Whose socket it is, asked when it opens and again while it stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from importlib import import_module
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from webapp.accounts import allowances, events, selectors, sessions, tokens
from webapp.accounts.allowances import Allowance
from webapp.accounts.models import ApiToken, BrokerAccount, User

DATABASE_SECONDS = 10.0


async def account_of(user: User | AnonymousUser, account_id: UUID) -> BrokerAccount | None:
    """The account with its session and the user's role, read now; None for one that the user may not see."""
    account: BrokerAccount | None = await _from_database(selectors.accounts_of(user).filter(pk=account_id).first)
    return account


async def session_of(account: BrokerAccount) -> dict[str, Any]:
    """Where its session stands, as browsers get it."""
    body: dict[str, Any] = await _from_database(lambda: sessions.as_body(account.session))
    return body


async def is_signed_in(session_key: str, user_id: int) -> bool:
    """Whether the browser's session still stands for this user: not signed out, expired, disabled or superseded."""
    user = await _from_database(lambda: get_user(_request_of(session_key)))
    return bool(user.is_authenticated and user.pk == user_id)


async def token_in(headers: Iterable[tuple[bytes, bytes]]) -> ApiToken | None:
    """The API token that a handshake carries, if it is good."""
    given = [value.decode("latin-1") for name, value in headers if name == b"authorization"]
    if len(given) != 1:
        return None
    token: ApiToken | None = await _from_database(lambda: tokens.in_header(given[0]))
    return token


async def spend(token: ApiToken) -> Allowance | None:
    """Counts a handshake as one of the token's requests. None while nobody can count."""
    return await asyncio.to_thread(allowances.spend, token.pk, allowances.REQUESTS)


async def is_valid(token: ApiToken) -> bool:
    """Whether it still is: not revoked, not run out, its user not disabled."""
    return bool(await _from_database(lambda: tokens.still_valid(token)))


async def newest_numbers(user: User, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of each account's newest event; without those that the user may not see any more."""
    rows = selectors.accounts_of(user).filter(pk__in=account_ids).values_list("pk", "last_event_number")
    found: dict[UUID, int] = await _from_database(lambda: dict(rows)) if account_ids else {}
    return found


async def newest_number(account_id: UUID) -> int | None:
    """The number of the account's newest event; None when the account is gone."""
    numbers = BrokerAccount.objects.filter(pk=account_id).values_list("last_event_number", flat=True)
    number: int | None = await _from_database(numbers.first)
    return number


async def events_after(account_id: UUID, number: int, *, limit: int) -> list[dict[str, Any]]:
    """The next events as browsers get them, oldest first."""
    rows = await _from_database(lambda: events.after(BrokerAccount(pk=account_id), number, limit))
    return [events.as_message(row) for row in rows]


async def _from_database(read: Callable[[], Any]) -> Any:
    async with asyncio.timeout(DATABASE_SECONDS):
        return await database_sync_to_async(read)()


def _request_of(session_key: str) -> HttpRequest:
    """The session is read anew: the socket's own copy is as old as the socket."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return request
