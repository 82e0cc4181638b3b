"""The numbered events of an account. They count from 1 without a gap, so a browser knows when it missed one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection, transaction

from webapp.accounts import alerts
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.bus import announce

NEXT_NUMBER = """
    UPDATE accounts_brokeraccount SET last_event_number = last_event_number + 1
    WHERE id = %s RETURNING last_event_number
"""


def append(*, account_id: uuid.UUID, kind: str, subject: str, body: dict[str, Any]) -> AccountEvent:
    """Write the next event in the caller's transaction, and announce it once that has committed.

    The account's row stays locked until then, which is what keeps the numbers free of gaps: a rollback gives its
    number back before anyone can take the next. So append last, when the rest of the transaction is done.
    `body` is JSON: Decimals and times are strings by now. Raises TransactionManagementError outside a transaction.
    """
    number = _next_number(account_id)
    event = AccountEvent.objects.create(account_id=account_id, number=number, kind=kind, subject=subject, body=body)
    alerts.follow(event)
    message = as_message(event)
    # Robust: the row is the truth, and a browser that missed the announcement asks for the gap.
    transaction.on_commit(lambda: announce.event(account_id, message), robust=True)
    return event


def after(account: BrokerAccount, number: int, limit: int = 500) -> list[AccountEvent]:
    """The events that follow `number`, oldest first, `limit` at most. The caller has checked whose account it is."""
    return list(AccountEvent.objects.filter(account=account, number__gt=number).order_by("number")[:limit])


def as_message(event: AccountEvent) -> dict[str, Any]:
    """What a browser gets; `at` is ISO 8601 in UTC."""
    return {
        "number": event.number,
        "kind": str(event.kind),
        "subject": event.subject,
        "at": event.at.isoformat(),
        "body": event.body,
    }


def _next_number(account_id: uuid.UUID) -> int:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An event is appended inside the transaction that it tells of.")
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [account_id])
        row = cursor.fetchone()
    if row is None:
        raise BrokerAccount.DoesNotExist(f"There is no account {account_id}.")
    return int(row[0])
