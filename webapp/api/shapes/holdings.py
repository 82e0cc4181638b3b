from __future__ import annotations

from uuid import UUID

from ninja import Schema

from webapp.api.shapes.fields import ConId, Paging, Printable


class PositionPage(Paging):
    account: UUID | None = None
    con_id: ConId | None = None


class PositionOut(Schema):
    """`quantity` is negative when short. `average_cost` is in `currency`, and null while the broker hasn't said it."""

    account: UUID
    con_id: int
    symbol: str
    account_code: str
    quantity: str
    average_cost: str | None
    currency: str


class PositionsOut(Schema):
    items: list[PositionOut]
    next_cursor: str | None


class ValuePage(Paging):
    account: UUID | None = None
    tag: Printable | None = None


class ValueOut(Schema):
    """One figure in IB's own name, as of `updated_at`. BASE is a currency of its own: the account's."""

    account: UUID
    account_code: str
    tag: str
    currency: str
    value: str
    updated_at: str


class ValuesOut(Schema):
    items: list[ValueOut]
    next_cursor: str | None
