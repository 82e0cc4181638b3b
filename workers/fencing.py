"""Rows are written by a session's owner alone, also when an older one wakes up between a look at its lease and a write.

A write shares an advisory lock of its account until it commits, and reads the fence under it. A claim takes that lock
for itself once the fence has grown: it waits for what is being written under the old one, and whoever comes later reads
the new one. The session's row would do as a lock, too, but a renewal changes it, and mustn't wait behind a write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

from webapp.accounts.models import GatewaySession

_KEY = "hashtextextended('gatehouse.fence.' || %s, 0)"
_SHARE = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
_CLOSE = f"SELECT pg_advisory_xact_lock({_KEY})"


class FenceOutdated(Exception):
    """The session has another owner: what this one still has to write is read anew by that one."""


@contextmanager
def writing(*, account_id: UUID, fence: int) -> Iterator[None]:
    """One transaction under this fence. Raises FenceOutdated before anything is written."""
    with transaction.atomic():
        _lock(_SHARE, account_id)
        if not GatewaySession.objects.filter(account_id=account_id, fence=fence).exists():
            raise FenceOutdated(f"account {account_id} is no longer under fence {fence}")
        yield


def close(account_id: UUID) -> None:
    """In the transaction that has raised the fence: returns when nothing is being written under an older one."""
    _lock(_CLOSE, account_id)


def _lock(statement: str, account_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(account_id)])
