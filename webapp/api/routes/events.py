from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from webapp.accounts import events
from webapp.api.naming import account_of
from webapp.api.selecting import refuse_unknown
from webapp.api.shapes.events import EventPage, EventsOut

router = Router(tags=["events"])


@router.get(
    "/accounts/{uuid:account_id}/events",
    response=EventsOut,
    summary="What happened on the account after a number, oldest first",
)
def list_events(request: HttpRequest, account_id: UUID, wanted: Query[EventPage]) -> dict[str, Any]:
    """Numbers count from 1 without a gap, so a program knows when it missed one. The feed sends the same events."""
    refuse_unknown(request, wanted)
    account = account_of(request)
    found = events.after(account, wanted.after, wanted.limit)
    return {
        "items": [events.as_message(event) for event in found],
        "next_after": found[-1].number if found else wanted.after,
        "last_event_number": max(account.last_event_number, found[-1].number if found else 0),
    }
