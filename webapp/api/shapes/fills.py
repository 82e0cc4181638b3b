from __future__ import annotations

from uuid import UUID

from ninja import Schema

from brokers.domain import OrderSide
from webapp.api.shapes.fields import ConId, Moment, Paging


class FillSelection(Schema):
    """`since` is included, `until` is not."""

    account: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None
    con_id: ConId | None = None
    side: OrderSide | None = None


class FillPage(FillSelection, Paging):
    """The fills of one page."""


class FillOut(Schema):
    account: UUID
    exec_id: str
    client_order_id: UUID | None
    con_id: int
    symbol: str
    account_code: str
    side: OrderSide
    quantity: str
    price: str
    currency: str
    exchange: str
    executed_at: str
    commission: str | None
    commission_currency: str | None
    realized_pnl: str | None


class FillsOut(Schema):
    items: list[FillOut]
    next_cursor: str | None
