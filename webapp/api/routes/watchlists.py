from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from webapp.api.authentication import TRADES, user_of
from webapp.api.cursors import page_of
from webapp.api.naming import instrument_named, watchlist_of
from webapp.api.selecting import refuse_unknown
from webapp.api.shapes.fields import Paging
from webapp.api.shapes.watchlists import ItemIn, WatchlistIn, WatchlistOut, WatchlistsOut
from webapp.trading import watchlists
from webapp.trading.models import Watchlist

router = Router(tags=["watchlists"])


@router.get("/watchlists", response=WatchlistsOut, summary="Your watchlists, oldest first")
def list_watchlists(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    refuse_unknown(request, wanted)
    found = watchlists.of(user_of(request)).prefetch_related("items")
    page = page_of(found, moment="created_at", cursor=wanted.cursor, limit=wanted.limit, newest_first=False)
    return {"items": [watchlist_body(one) for one in page.rows], "next_cursor": page.next_cursor}


@router.post("/watchlists", auth=TRADES, response={201: WatchlistOut}, summary="Make a watchlist")
def create_watchlist(request: HttpRequest, wanted: WatchlistIn) -> Status[dict[str, Any]]:
    return Status(201, watchlist_body(watchlists.create(user=user_of(request), name=wanted.name)))


@router.delete("/watchlists/{uuid:watchlist_id}", auth=TRADES, response={204: None}, summary="Delete a watchlist")
def delete_watchlist(request: HttpRequest, watchlist_id: UUID) -> Status[None]:
    watchlists.delete(watchlist=watchlist_of(request))
    return Status(204, None)


@router.post(
    "/watchlists/{uuid:watchlist_id}/items", auth=TRADES, response=WatchlistOut, summary="Put an instrument on it"
)
def add_to_watchlist(request: HttpRequest, watchlist_id: UUID, wanted: ItemIn) -> dict[str, Any]:
    """At the end, or where it stands already."""
    watchlist, instrument = watchlist_of(request), instrument_named(wanted.con_id)
    watchlists.add(watchlist=watchlist, instrument=instrument)
    return watchlist_body(watchlist)


@router.delete(
    "/watchlists/{uuid:watchlist_id}/items/{int:con_id}", auth=TRADES, response=WatchlistOut, summary="Take one off it"
)
def remove_from_watchlist(request: HttpRequest, watchlist_id: UUID, con_id: int) -> dict[str, Any]:
    """Nothing happens when it isn't on the list."""
    watchlist, instrument = watchlist_of(request), instrument_named(con_id)
    watchlists.remove(watchlist=watchlist, instrument=instrument)
    return watchlist_body(watchlist)


def watchlist_body(watchlist: Watchlist) -> dict[str, Any]:
    return {
        "id": watchlist.pk,
        "name": watchlist.name,
        "con_ids": [item.instrument_id for item in watchlist.items.all()],
    }
