"""Whose socket it is, asked when it opens and again while it stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from webapp.accounts import events, selectors
from webapp.accounts.models import BrokerAccount, User

DATABASE_SECONDS = 10.0


async def account_of(user: User | AnonymousUser, account_id: UUID) -> BrokerAccount | None:
    """The account with its session and the user's role, read now; None for one that the user may not see."""
    account: BrokerAccount | None = await _from_database(selectors.accounts_of(user).filter(pk=account_id).first)
    return account


async def is_signed_in(session_key: str, user_id: int) -> bool:
    """Whether the browser's session still stands for this user: not signed out, expired, disabled or superseded."""
    user = await _from_database(lambda: get_user(_request_of(session_key)))
    return bool(user.is_authenticated and user.pk == user_id)


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
