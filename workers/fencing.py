"""Rows are written by a session's owner alone, also when an older one wakes up between a look at its lease and a write.

A write shares an advisory lock of its account until it commits, and reads the fence under it. A claim takes that lock
for itself once the fence has grown: it waits for what is being written under the old one, and whoever comes later reads
the new one. The session's row would do as a lock, too, but a renewal changes it, and mustn't wait behind a write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from webapp.accounts.models import GatewaySession

T = TypeVar("T")

_KEY = "hashtextextended('gatehouse.fence.' || %s, 0)"
_SHARE = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
_CLOSE = f"SELECT pg_advisory_xact_lock({_KEY})"


class LeaseLost(Exception):
    """Another worker may hold the session by now: drop the connection and write nothing. It reads all anew."""

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"The lease of account {account_id} is lost.")


@contextmanager
def writing(*, account_id: UUID, fence: int) -> Iterator[None]:
    """One transaction under this fence. Raises LeaseLost before anything is written."""
    with transaction.atomic():
        _lock(_SHARE, account_id)
        if not GatewaySession.objects.filter(account_id=account_id, fence=fence).exists():
            raise LeaseLost(account_id)
        yield


def under(fence: int, service: Callable[..., T], /, *, account_id: UUID, **arguments: object) -> T:
    """Call the service in such a transaction. Raises LeaseLost, and what it raises."""
    with writing(account_id=account_id, fence=fence):
        return service(account_id=account_id, **arguments)


def close(account_id: UUID) -> None:
    """In the transaction that has raised the fence: returns when nothing is being written under an older one."""
    _lock(_CLOSE, account_id)


def _lock(statement: str, account_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(account_id)])
