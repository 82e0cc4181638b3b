from __future__ import annotations

from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict

from brokers.domain import OrderSide, OrderStatus, OrderType, TimeInForce
from webapp.api.shapes.fields import Amount, Body, ConId, Moment, Paging


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
    name: str
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
    cancelled_by: str | None
    cancelled_at: str | None
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


class Prices(Body):
    """Which of them an order has depends on its type, in IB's names:

    LMT, LOC, STP LMT and LIT have a `limit_price`; STP, STP LMT, MIT and LIT a `stop_price`, which wakes the order;
    TRAIL and TRAIL LIMIT one of `trailing_amount` and `trailing_percent`, and may say where the stop begins
    (`trail_stop_price`); TRAIL LIMIT also has a `limit_price_offset` from the stop to the limit.
    """

    limit_price: Amount | None = None
    stop_price: Amount | None = None
    trailing_amount: Amount | None = None
    trailing_percent: Amount | None = None
    trail_stop_price: Amount | None = None
    limit_price_offset: Amount | None = None


class OrderIn(Prices):
    """One order. `client_order_id` is yours, a UUID made anew for each order: sent again it is the same order.

    `good_till_date` belongs to GTD. `take_profit_price` and `stop_loss_price` attach orders that leave the position
    again: a limit and a stop of the other side, which work once this one is filled, and of which one cancels the other.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_order_id": "5f0c1c5e-8a3e-4d0a-9d53-0f6f0f2b7c11",
                    "con_id": 265598,
                    "side": "BUY",
                    "order_type": "LMT",
                    "quantity": "1",
                    "limit_price": "150",
                }
            ]
        }
    )

    client_order_id: UUID
    con_id: ConId
    side: OrderSide
    order_type: OrderType
    quantity: Amount
    time_in_force: TimeInForce = TimeInForce.DAY
    good_till_date: Moment | None = None
    outside_rth: bool = False
    take_profit_price: Amount | None = None
    stop_loss_price: Amount | None = None


class ChangeIn(Prices):
    """New terms; what is left out, or null, stays as it is. `quantity` counts what is filled already."""

    quantity: Amount | None = None
    time_in_force: TimeInForce | None = None
    good_till_date: Moment | None = None
    outside_rth: bool | None = None


class CancelledAllOut(Schema):
    """`client_order_ids` are those whose cancel is under way, or that had not left and are withdrawn.

    `elsewhere` open orders were placed elsewhere, and stay: IB lets whoever placed an order cancel it alone.
    """

    client_order_ids: list[UUID]
    elsewhere: int
