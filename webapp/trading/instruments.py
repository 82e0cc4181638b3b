"""Instruments: what the broker qualified, shared by all tenants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from django.db.models import Q, QuerySet

from brokers import domain
from brokers.domain import Right, SecurityType
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import price_steps
from webapp.trading.amounts import fitted, fitted_or_none, plain, plain_or_none
from webapp.trading.models import Instrument, Position, RiskLimits, WatchlistItem
from webapp.trading.refusals import InstrumentUnknown
from webapp.trading.texts import clip


def upsert(instrument: domain.Instrument) -> Instrument:
    """The row of this con_id, made or brought up to date.

    Called before anything that names the con_id, so mostly nothing has changed; then nothing is written. Two sessions
    that meet the same instrument at once both end with the one row. What the broker has not described says too little
    to change a row that is there.
    """
    if not instrument.is_described:
        row, _ = Instrument.objects.get_or_create(con_id=instrument.con_id, defaults=_columns(instrument))
        return row
    wanted = _columns(instrument)
    known = Instrument.objects.filter(pk=instrument.con_id).first()
    if known is not None and all(getattr(known, name) == value for name, value in wanted.items()):
        return known
    row, _ = Instrument.objects.update_or_create(con_id=instrument.con_id, defaults=wanted)
    return row


def upsert_all(found: Iterable[domain.Instrument]) -> None:
    """`upsert` of each."""
    for instrument in found:
        upsert(instrument)


def get(con_id: int) -> Instrument:
    """Raises InstrumentUnknown, which says what is to be done first."""
    row = Instrument.objects.filter(pk=con_id).first()
    if row is None:
        raise InstrumentUnknown(con_id)
    return row


def to_domain(row: Instrument) -> domain.Instrument:
    return domain.Instrument(
        con_id=row.con_id,
        symbol=row.symbol,
        local_symbol=row.local_symbol,
        security_type=SecurityType(row.security_type),
        exchange=row.exchange,
        primary_exchange=row.primary_exchange,
        currency=row.currency,
        long_name=row.long_name,
        price_increment=row.price_increment,
        size_increment=row.size_increment,
        min_size=row.min_size,
        multiplier=row.multiplier,
        trading_class=row.trading_class,
        valid_exchanges=tuple(row.valid_exchanges),
        time_zone=row.time_zone,
        price_rules=price_steps.from_json(row.price_rules),
        price_magnifier=row.price_magnifier,
        isin=row.isin,
        contract_month=row.contract_month,
        expiry=row.expiry,
        strike=row.strike,
        right=Right(row.right) if row.right else None,
        under_con_id=row.under_con_id,
        is_described=row.is_described,
    )


class InstrumentBody(TypedDict):
    """Amounts are plain decimal strings, `expiry` an ISO 8601 date; null is what nobody said."""

    con_id: int
    symbol: str
    display_symbol: str
    name: str
    local_symbol: str
    security_type: str
    exchange: str
    primary_exchange: str
    currency: str
    long_name: str
    isin: str
    price_increment: str
    size_increment: str
    min_size: str
    multiplier: str | None
    expiry: str | None
    strike: str | None
    right: str | None
    time_zone: str | None


def as_body(row: Instrument) -> InstrumentBody:
    return {
        "con_id": row.con_id,
        "symbol": row.symbol,
        "display_symbol": row.display_symbol,
        "name": row.name,
        "local_symbol": row.local_symbol,
        "security_type": str(row.security_type),
        "exchange": row.exchange,
        "primary_exchange": row.primary_exchange,
        "currency": row.currency,
        "long_name": row.long_name,
        "isin": row.isin,
        "price_increment": plain(row.price_increment),
        "size_increment": plain(row.size_increment),
        "min_size": plain(row.min_size),
        "multiplier": plain_or_none(row.multiplier),
        "expiry": None if row.expiry is None else row.expiry.isoformat(),
        "strike": plain_or_none(row.strike),
        "right": row.right or None,
        "time_zone": row.time_zone,
    }


def known_to(user: User, account: BrokerAccount) -> QuerySet[Instrument]:
    """What stands in the user's watchlists, in the account's positions or among its limits, by symbol."""
    listed = Q(pk__in=WatchlistItem.objects.filter(watchlist__user=user).values("instrument_id"))
    held = Q(pk__in=Position.objects.filter(account=account).values("instrument_id"))
    allowed = Q(pk__in=RiskLimits.objects.filter(account=account).values("instruments"))
    return Instrument.objects.filter(listed | held | allowed).order_by("display_symbol", "pk")


def _columns(instrument: domain.Instrument) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "local_symbol": clip(instrument.local_symbol, 200),
        "display_symbol": clip(instrument.display_symbol, 200),
        "security_type": instrument.security_type.value,
        "exchange": instrument.exchange,
        "primary_exchange": instrument.primary_exchange,
        "currency": instrument.currency,
        "long_name": clip(instrument.long_name, 200),
        "price_increment": fitted(instrument.price_increment),
        "size_increment": fitted(instrument.size_increment),
        "min_size": fitted(instrument.min_size),
        "multiplier": fitted_or_none(instrument.multiplier),
        "trading_class": instrument.trading_class,
        "valid_exchanges": list(instrument.valid_exchanges),
        "time_zone": instrument.time_zone,
        "price_rules": price_steps.as_json(instrument.price_rules),
        "price_magnifier": instrument.price_magnifier,
        "isin": clip(instrument.isin, 12),
        "contract_month": clip(instrument.contract_month, 6),
        "expiry": instrument.expiry,
        "strike": fitted_or_none(instrument.strike),
        "right": instrument.right.value if instrument.right is not None else "",
        "under_con_id": instrument.under_con_id,
        "is_described": instrument.is_described,
    }
