from __future__ import annotations

from uuid import UUID

from ninja import Schema

from webapp.api.shapes.fields import Body, ConId


class WatchlistIn(Body):
    name: str


class ItemIn(Body):
    con_id: ConId


class WatchlistOut(Schema):
    """`con_ids` in the list's own order."""

    id: UUID
    name: str
    con_ids: list[int]


class WatchlistsOut(Schema):
    items: list[WatchlistOut]
    next_cursor: str | None
