from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from webapp.api.authentication import user_of
from webapp.api.cursors import page_of
from webapp.api.selecting import chosen_account, given, refuse_unknown
from webapp.api.shapes.holdings import PositionPage, PositionsOut
from webapp.trading import positions

router = Router(tags=["positions"])


@router.get("/positions", response=PositionsOut, summary="Your open positions, by the broker's own count")
def list_positions(request: HttpRequest, wanted: Query[PositionPage]) -> dict[str, Any]:
    refuse_unknown(request, wanted)
    found = positions.of(user_of(request), chosen_account(request, wanted.account))
    found = found.filter(**given({"instrument_id": wanted.con_id}))
    page = page_of(found, cursor=wanted.cursor, limit=wanted.limit, newest_first=False)
    items = [{"account": position.account_id, **positions.as_body(position)} for position in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}
