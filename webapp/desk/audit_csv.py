"""The audit log as CSV: RFC 4180, newest first, some thousand rows at a time, so that memory stays the same.

Between two pages no connection to the database is held, and a client that stops reading is given up after a while: its
file has no end then, and isn't mistaken for a whole one.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from webapp.audit.models import AuditEntry
from webapp.audit.searching import page
from webapp.trading.exports.spreadsheets import FORMULA_STARTS

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 2000
# Seconds until the client takes the next chunk.
CLIENT_DEADLINE = 30.0

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
    """By keyset: while a reader takes its time no transaction stays open, and the pool has its connection back."""
    head, before = [list(COLUMNS)], None
    while True:
        rows, before = page(entries, before=before, size=ROWS_AT_ONCE)
        close_old_connections()
        yield _encoded([*head, *(_row(entry) for entry in rows)])
        head = []
        if before is None:
            return


async def _from_task(entries: QuerySet[AuditEntry]) -> AsyncIterator[bytes]:
    chunks = _chunks(entries)
    while (chunk := await sync_to_async(lambda: next(chunks, None))()) is not None:
        with _within_the_clients_deadline():
            yield chunk


@contextmanager
def _within_the_clients_deadline() -> Iterator[None]:
    """The server takes no chunk while its client reads nothing, and has no deadline of its own."""
    stall = asyncio.get_running_loop().call_later(CLIENT_DEADLINE, _give_up, asyncio.current_task())
    try:
        yield
    finally:
        stall.cancel()


def _give_up(reader: asyncio.Task[object] | None) -> None:
    log.warning("an export of the audit log was ended: its client had stopped reading")
    if reader is not None:
        reader.cancel()


def _row(entry: AuditEntry) -> list[str]:
    cells = {name: getattr(entry, name) for name in COLUMNS}
    cells["at"] = entry.at.astimezone(UTC).isoformat()
    cells["details"] = json.dumps(entry.details) if entry.details else ""
    return [_safe("" if cell is None else str(cell)) for cell in cells.values()]


def _safe(text: str) -> str:
    """Browsers name themselves as they like."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _encoded(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
