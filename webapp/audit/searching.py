"""Reading the audit log: by user, account, action, time and text; newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from webapp.audit.models import AuditEntry

IN_TEXT = ("actor", "owner", "account_name", "subject", "text", "token", "user_agent")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None and empty narrow nothing. `user` is a username, of who acted or of whose account it was;
    `since` is included, `until` is not; both are aware."""

    user: str = ""
    account_id: UUID | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def found(search: Search) -> QuerySet[AuditEntry]:
    """For administrators alone."""
    entries = AuditEntry.objects.order_by("-id")
    if search.user:
        entries = entries.filter(Q(actor=search.user) | Q(owner=search.user) | Q(subject=search.user))
    wanted = {
        "account_id": search.account_id,
        "action": search.action or None,
        "at__gte": search.since,
        "at__lt": search.until,
    }
    entries = entries.filter(**{name: value for name, value in wanted.items() if value is not None})
    return entries.filter(_says(search.text)) if search.text else entries


def of_account(account_id: UUID) -> QuerySet[AuditEntry]:
    """What was done to one account. The caller has checked who asks."""
    return AuditEntry.objects.filter(account_id=account_id).order_by("-id")


def page(entries: QuerySet[AuditEntry], *, before: int | None, size: int) -> tuple[list[AuditEntry], int | None]:
    """Up to `size` entries older than the one with the id `before`, and the next page's `before`, None at the end."""
    older = entries if before is None else entries.filter(id__lt=before)
    rows = list(older[: size + 1])
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def read_before(text: str) -> int | None:
    """A page's `before` as an address says it; None for what can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _says(text: str) -> Q:
    found = Q()
    for column in IN_TEXT:
        found |= Q(**{f"{column}__icontains": text})
    return found | Q(ip__startswith=text)
