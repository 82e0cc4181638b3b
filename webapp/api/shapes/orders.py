from __future__ import annotations

from uuid import UUID

from ninja import Schema

from brokers.domain import OrderSide, OrderStatus, OrderType, TimeInForce
from webapp.api.shapes.fields import Amount, Body, ConId, Paging


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
    side: OrderSide
    order_type: str
    time_in_force: str
    quantity: str
    limit_price: str | None
    stop_price: str | None
    trailing_amount: str | None
    trailing_percent: str | None
    trail_stop_price: str | None
    limit_price_offset: str | None
    good_till_date: str | None
    outside_rth: bool
    parent_client_order_id: UUID | None
    attached_as: str | None
    status: OrderStatus
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


class OrderIn(Body):
    """One order. `client_order_id` is yours, a UUID made anew for each order: sent again it is the same order."""

    client_order_id: UUID
    con_id: ConId
    side: OrderSide
    order_type: OrderType
    quantity: Amount
    limit_price: Amount | None = None
    time_in_force: TimeInForce = TimeInForce.DAY


class ChangeIn(Body):
    """New terms; what is left out stays as it is. `quantity` counts what is filled already."""

    quantity: Amount | None = None
    limit_price: Amount | None = None
