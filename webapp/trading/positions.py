"""Positions: the broker's own count, as it last said it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import QuerySet

from brokers import domain
from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.trading import instruments
from webapp.trading.amounts import fitted, fitted_or_none, plain, plain_or_none
from webapp.trading.locks import hold
from webapp.trading.models import Position
from webapp.trading.money import multiplier_of


class PositionBody(TypedDict):
    """`quantity` is negative when short, and "0" once closed. `average_cost` is in `currency`, and may be unknown.

    A unit at a price is worth `price * multiplier / price_magnifier`; `multiplier` is null while nobody knows it.
    """

    con_id: int
    symbol: str
    name: str
    account_code: str
    quantity: str
    average_cost: str | None
    currency: str
    multiplier: str | None
    price_magnifier: int


def of(user: User | AnonymousUser, account: BrokerAccount | None = None) -> QuerySet[Position]:
    """The user's open positions, by symbol, on one account or on all."""
    positions = Position.objects.filter(account__in=BrokerAccount.objects.visible_to(user))
    if account is not None:
        positions = positions.filter(account=account)
    return positions.select_related("instrument").order_by("instrument__display_symbol", "account_code", "id")


def as_body(position: Position) -> PositionBody:
    return {
        "con_id": position.instrument_id,
        "symbol": position.instrument.display_symbol,
        "name": position.instrument.name,
        "account_code": position.account_code,
        "quantity": plain(position.quantity),
        "average_cost": plain_or_none(position.average_cost),
        "currency": position.instrument.currency,
        "multiplier": plain_or_none(multiplier_of(position.instrument)),
        "price_magnifier": position.instrument.price_magnifier,
    }


def record(*, account_id: UUID, position: domain.Position) -> None:
    """Upsert by (account_code, con_id); zero removes the row. An event only when something changed.

    Raises InstrumentUnknown and then writes nothing.
    """
    row = Position(
        account_id=account_id,
        account_code=position.account_code,
        instrument=instruments.get(position.con_id),
        quantity=fitted(position.quantity),
        average_cost=fitted_or_none(position.average_cost),
    )
    with transaction.atomic():
        hold(account_id)
        if _close(row) if row.quantity == 0 else _store(row):
            _tell(row)


def close_missing(*, account_id: UUID, seen: Iterable[tuple[str, int]]) -> None:
    """Close every position that a complete answer of the broker's no longer holds.

    `seen` has the (account_code, con_id) of all that it named: what was closed while nobody listened isn't mentioned.
    """
    kept = set(seen)
    with transaction.atomic():
        hold(account_id)
        for row in Position.objects.filter(account_id=account_id).select_related("instrument"):
            if (row.account_code, row.instrument_id) not in kept:
                row.delete()
                row.quantity = fitted(row.quantity * 0)
                _tell(row)


def _close(row: Position) -> bool:
    deleted, _ = _same(row).delete()
    return deleted > 0


def _store(row: Position) -> bool:
    present = _same(row).first()
    if present is None:
        row.save()
        return True
    if (present.quantity, present.average_cost) == (row.quantity, row.average_cost):
        return False
    present.quantity, present.average_cost = row.quantity, row.average_cost
    present.save(update_fields=["quantity", "average_cost", "updated_at"])
    return True


def _same(row: Position) -> QuerySet[Position]:
    return Position.objects.filter(
        account_id=row.account_id, account_code=row.account_code, instrument_id=row.instrument_id
    )


def _tell(row: Position) -> None:
    events.append(
        account_id=row.account_id,
        kind=AccountEvent.Kind.POSITION,
        subject=str(row.instrument_id),
        body=cast("dict[str, Any]", as_body(row)),
    )
