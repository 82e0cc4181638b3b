from __future__ import annotations

from typing import Any

from ninja import Field, Schema

from webapp.accounts.models import AccountEvent
from webapp.api.shapes.fields import MOST_ROWS

LARGEST_NUMBER = 2**63 - 1


class EventPage(Schema):
    """`after` is the number of the newest event that you have; 0 for none."""

    after: int = Field(0, ge=0, le=LARGEST_NUMBER)
    limit: int = Field(100, ge=1, le=MOST_ROWS)


class EventOut(Schema):
    """`kind` says what `body` holds: an order, a fill, a position or the session, in the shape that it has elsewhere.

    What is of an instrument has the `name` that people read beside it.

    `subject` is the client_order_id, exec_id or con_id that it is about.
    """

    number: int
    kind: AccountEvent.Kind
    subject: str
    at: str
    body: dict[str, Any]


class EventsOut(Schema):
    """Oldest first. Ask again after `next_after`; there is more while it is less than `last_event_number`."""

    items: list[EventOut]
    next_after: int
    last_event_number: int
