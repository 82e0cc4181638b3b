"""The audit log as CSV: RFC 4180, newest first, some thousand rows at a time, so that memory stays the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from webapp.audit.models import AuditEntry
from webapp.audit.searching import page

ROWS_AT_ONCE = 2000
# What a spreadsheet takes for the beginning of a formula (OWASP's list): browsers name themselves as they like.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

COLUMNS = (
    *("id", "at", "action", "actor", "via", "token", "ip", "user_agent"),
    *("account_id", "account_name", "owner", "subject", "text", "details"),
)


def response(request: HttpRequest, entries: QuerySet[AuditEntry]) -> StreamingHttpResponse:
    chunks = _from_task(entries) if isinstance(request, ASGIRequest) else _chunks(entries)
    answer = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="gatehouse-audit.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _chunks(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """By keyset: no transaction stays open while a slow reader takes its time."""
    yield _encoded([list(COLUMNS)])
    before: int | None = None
    while True:
        rows, before = page(entries, before=before, size=ROWS_AT_ONCE)
        yield _encoded([_row(entry) for entry in rows])
        if before is None:
            return


async def _from_task(entries: QuerySet[AuditEntry]) -> AsyncIterator[bytes]:
    chunks = _chunks(entries)
    while (chunk := await sync_to_async(lambda: next(chunks, None))()) is not None:
        yield chunk


def _row(entry: AuditEntry) -> list[str]:
    cells = {name: getattr(entry, name) for name in COLUMNS}
    cells["at"] = entry.at.astimezone(UTC).isoformat()
    cells["details"] = json.dumps(entry.details) if entry.details else ""
    return [_safe("" if cell is None else str(cell)) for cell in cells.values()]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _encoded(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
