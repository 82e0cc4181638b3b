"""What the ledger's row of a request holds; the ledger's own page describes it."""

from __future__ import annotations

from brokers.simulator.messages.names import request_id, request_name
from brokers.simulator.records.rows import Columns

# A row tells what was asked, and no message makes the ledger grow by more than a few KB.
_MOST_FIELDS = 64
_LONGEST_FIELD = 80


def request_row(client_id: int | None, message_id: int, texts: list[str], fate: str) -> Columns:
    return {
        "client_id": client_id,
        "message_id": message_id,
        "name": request_name(message_id),
        "request_id": (request_id(message_id, texts) or "")[:_LONGEST_FIELD] or None,
        "fate": fate,
        "fields": [text[:_LONGEST_FIELD] for text in texts[1 : _MOST_FIELDS + 1]],
    }
