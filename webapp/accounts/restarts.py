"""When an account's gateway and its broker's servers restart each night, as its owner says; see `outages`."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db import transaction

from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit


def restart_at(account: BrokerAccount) -> time:
    """On the wall clock of GATEHOUSE_RESTART_TIME_ZONE."""
    return account.restart_at or settings.RESTART_AT


def choose(*, account: BrokerAccount, at: str) -> None:
    """`at` is `HH:MM` on that clock; empty goes back to everybody's. Raises AccountInvalid."""
    account.restart_at = _parsed(at.strip())
    with transaction.atomic():
        account.save(update_fields=["restart_at"])
        when = f"At {account.restart_at:%H:%M}." if account.restart_at else "When the others restart."
        audit.record(audit.Action.RESTART_TIME_CHANGED, account=account, text=when)


def _parsed(text: str) -> time | None:
    try:
        at = time.fromisoformat(text) if text else None
    except ValueError:
        at = time.max
    if at is not None and (at.second or at.microsecond or at.tzinfo):
        raise AccountInvalid({"restart_at": f"The nightly restart is a time like 23:45, not {text[:20]!r}."})
    return at
