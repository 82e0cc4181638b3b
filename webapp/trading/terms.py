"""What an order asks for, apart from who asks, for what, and which way: the part of it that can be changed later."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from webapp.trading.models import Order, OrderCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Named as in `brokers.domain.OrderRequest`. `time_in_force` may be any word of IB's, of which ours are known."""

    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    time_in_force: str
    good_till_date: datetime | None = None
    outside_rth: bool = False


NAMES = tuple(field.name for field in fields(Terms))


def columns_of(row: Terms | Order | OrderCommand) -> dict[str, Any]:
    """By their names, which are the columns' too."""
    return {name: getattr(row, name) for name in NAMES}


def terms_of(order: Order) -> Terms:
    """Those that the broker works by."""
    return Terms(**columns_of(order))


def asked_by(command: OrderCommand) -> dict[str, Any]:
    """What it asks for: all of a SUBMIT, the changes of a MODIFY."""
    return {name: value for name, value in columns_of(command).items() if value is not None and value != ""}
