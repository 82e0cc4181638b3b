"""What an address asks of the audit log."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.http import QueryDict

from webapp.audit.models import Action
from webapp.audit.searching import Search


def read(query: QueryDict) -> tuple[Search, list[str]]:
    """And what of it can't be meant, in sentences. Days are UTC's; the last one is included."""
    wrong: list[str] = []
    since, until = (_day(query.get(name, ""), wrong) for name in ("since", "until"))
    search = Search(
        user=_text(query, "user"),
        account_id=_account(_text(query, "account"), wrong),
        action=_action(_text(query, "action"), wrong),
        since=since,
        until=until + timedelta(days=1) if until is not None else None,
        text=_text(query, "q"),
    )
    return search, wrong


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:150]


def _day(text: str, wrong: list[str]) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        wrong.append(f"“{text[:20]}” is no day like 2026-01-31.")
        return None


def _account(text: str, wrong: list[str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        wrong.append(f"“{text[:40]}” is no account's id.")
        return None


def _action(text: str, wrong: list[str]) -> str:
    if text and text not in Action.values:
        wrong.append(f"There is no action “{text[:40]}”.")
        return ""
    return text
