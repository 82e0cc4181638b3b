from __future__ import annotations

from uuid import UUID

from ninja import Schema

from brokers.domain import OrderSide, OrderStatus
from webapp.api.shapes.fields import ConId, Paging


class OrderSelection(Schema):
    account: UUID | None = None
    con_id: ConId | None = None
    side: OrderSide | None = None
    status: OrderStatus | None = None


class OrderPage(OrderSelection, Paging):
    """The orders of one page."""


class OrderOut(Schema):
    account: UUID
    client_order_id: UUID | None
    perm_ids: list[int]
    con_id: int
    symbol: str
    account_code: str
    side: str
    order_type: str
    time_in_force: str
    quantity: str
    limit_price: str | None
    status: str
    ib_status: str
    reason: str
    filled_quantity: str
    average_fill_price: str | None
    created_at: str
    updated_at: str
    cancel_requested: bool
    can_cancel: bool
    change_requested: bool
    can_modify: bool


class OrdersOut(Schema):
    items: list[OrderOut]
    next_cursor: str | None
