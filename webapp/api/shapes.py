"""What the API takes and gives. Amounts are decimal strings, times ISO 8601 with an offset; null is unknown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import BeforeValidator

from brokers.domain import OrderSide, OrderStatus
from webapp.api.cursors import Cursor

MOST_ROWS = 500

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T.+", re.ASCII)


def read_moment(text: object) -> datetime:
    """An ISO 8601 time with its offset; without one, nobody knows which moment is meant."""
    hint = "Write a time like 2026-01-31T09:30:00Z, with Z or an offset; a + in an address is written %2B"
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError(hint)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(hint) from None
    if moment.tzinfo is None:
        raise ValueError(hint)
    return moment


def read_cursor(text: object) -> str:
    Cursor.read(str(text))
    return str(text)


Moment = Annotated[datetime, BeforeValidator(read_moment)]
CursorText = Annotated[str, BeforeValidator(read_cursor)]
ConId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class FillSelection(Schema):
    """`since` is included, `until` is not."""

    account: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None
    con_id: ConId | None = None
    side: OrderSide | None = None


class OrderSelection(Schema):
    account: UUID | None = None
    con_id: ConId | None = None
    side: OrderSide | None = None
    status: OrderStatus | None = None


class Paging(Schema):
    """`cursor` is the next_cursor of the page before."""

    cursor: CursorText | None = None
    limit: int = Field(100, ge=1, le=MOST_ROWS)


class FillPage(FillSelection, Paging):
    """The fills of one page."""


class OrderPage(OrderSelection, Paging):
    """The orders of one page."""


class AccountOut(Schema):
    """`may_trade` is null while nobody knows. `account_codes` is empty before the first READY."""

    id: UUID
    name: str
    trading_mode: str
    state: str
    account_codes: list[str]
    may_trade: bool | None


class AccountsOut(Schema):
    items: list[AccountOut]


class FillOut(Schema):
    account: UUID
    exec_id: str
    client_order_id: UUID | None
    con_id: int
    symbol: str
    account_code: str
    side: str
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


class FieldProblem(Schema):
    field: str
    message: str


class Problem(Schema):
    """Every error has this shape, as application/problem+json; `errors` only when fields are to blame."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
