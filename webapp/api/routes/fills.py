from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from webapp.api.authentication import user_of
from webapp.api.cursors import page_of
from webapp.api.selecting import chosen_account, given, refuse_unknown
from webapp.api.shapes.fills import FillPage, FillSelection, FillsOut
from webapp.trading import fills
from webapp.trading.models import Execution

router = Router(tags=["fills"])


@router.get("/fills", response=FillsOut, summary="Your fills, newest first")
def list_fills(request: HttpRequest, wanted: Query[FillPage]) -> dict[str, Any]:
    page = page_of(selected_fills(request, wanted), moment="executed_at", cursor=wanted.cursor, limit=wanted.limit)
    items = [{"account": fill.account_id, **fills.as_body(fill)} for fill in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def selected_fills(request: HttpRequest, selection: FillSelection) -> QuerySet[Execution]:
    refuse_unknown(request, selection)
    found = fills.of(user_of(request), chosen_account(request, selection.account))
    wanted = {
        "executed_at__gte": selection.since,
        "executed_at__lt": selection.until,
        "instrument_id": selection.con_id,
        "side": selection.side,
    }
    return found.filter(**given(wanted))
