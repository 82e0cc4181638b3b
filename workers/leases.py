"""Who holds an account's session: one row, one owner, a fence that only grows.

Every change is one conditional UPDATE, so that of many workers that race exactly one wins, and every time is the
database's, since the workers' clocks may differ. A worker that can't renew stops by its own monotonic clock, before the
row's time is over: `Lease.valid_until` is counted from before the claim or renewal was sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from webapp.accounts import sessions
from webapp.accounts.models import GatewaySession
from workers import fencing

# Seconds. A lost worker's sessions move within the lease and one round of supervision.
LEASE_SECONDS = 5.0
RENEW_EVERY = 1.5

_TABLE = GatewaySession._meta.db_table

_CLAIM = f"""
    UPDATE {_TABLE}
    SET owner = %(owner)s, fence = fence + 1, lease_expires_at = clock_timestamp() + %(seconds)s * interval '1 second',
    {sessions.AT_CLAIM}
    WHERE account_id = %(account_id)s AND desired_state = %(desired)s
      AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
    RETURNING fence
"""  # noqa: S608 - the table's name is Django's own

_RENEW = f"""
    UPDATE {_TABLE}
    SET lease_expires_at = clock_timestamp() + %(seconds)s * interval '1 second'
    WHERE account_id = %(account_id)s AND owner = %(owner)s AND fence = %(fence)s
      AND lease_expires_at > clock_timestamp()
    RETURNING desired_state
"""  # noqa: S608

_RELEASE = f"""
    UPDATE {_TABLE}
    SET owner = '', lease_expires_at = NULL
    WHERE account_id = %(account_id)s AND owner = %(owner)s AND fence = %(fence)s
    RETURNING fence
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one account's session. `valid_until` is a reading of this process's monotonic clock."""

    account_id: UUID
    owner: str
    fence: int
    valid_until: float

    @property
    def is_live(self) -> bool:
        return time.monotonic() < self.valid_until


def claim(*, account_id: UUID, owner: str, desired: str = GatewaySession.Desired.RUNNING) -> Lease | None:
    """Take the lease if nobody's is live and the session is still `desired`; None when another was first.

    A state that the one before left as READY says SYNCING with the same UPDATE; `sessions.tell_taken_over` tells of it.
    """
    valid_until = time.monotonic() + LEASE_SECONDS
    values = {"account_id": account_id, "owner": owner, "desired": str(desired), "seconds": LEASE_SECONDS}
    with transaction.atomic():
        fence = _returned(_CLAIM, **values, **sessions.at_claim())
        if fence is None:
            return None
        fencing.close(account_id)
    return Lease(account_id=account_id, owner=owner, fence=int(fence), valid_until=valid_until)


def renew(lease: Lease) -> tuple[Lease, GatewaySession.Desired] | None:
    """The lease with a later end, and what is wanted of the session now; None when it is lost for good.

    A lease that ran out is never renewed, even when nobody took it: the fence that it carried is in doubt.
    """
    valid_until = time.monotonic() + LEASE_SECONDS
    desired = _returned(
        _RENEW, account_id=lease.account_id, owner=lease.owner, fence=lease.fence, seconds=LEASE_SECONDS
    )
    if desired is None:
        return None
    return replace(lease, valid_until=valid_until), GatewaySession.Desired(desired)


def release(lease: Lease) -> bool:
    """Give the lease back, so that the next worker need not wait. False when it was no longer ours."""
    return _returned(_RELEASE, account_id=lease.account_id, owner=lease.owner, fence=lease.fence) is not None


def _returned(statement: str, **values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None
