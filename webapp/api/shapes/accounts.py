from __future__ import annotations

from uuid import UUID

from ninja import Schema


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
