"""The account's figures as a trader looks for them: the first few in their order and in words, the rest behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from webapp.trading.models import AccountValue

FIRST = {
    "NetLiquidation": "Net liquidation",
    "AvailableFunds": "Available funds",
    "BuyingPower": "Buying power",
    "TotalCashValue": "Total cash",
    "GrossPositionValue": "Gross position value",
    "UnrealizedPnL": "Unrealized P&L",
    "RealizedPnL": "Realized P&L",
    "InitMarginReq": "Initial margin",
    "MaintMarginReq": "Maintenance margin",
}
# IB's name for "in the account's own currency", the one that its net liquidation comes in.
BASE = "BASE"


@dataclass(frozen=True, slots=True)
class Figure:
    tag: str
    label: str
    value: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one account code; `at` is when the broker told the newest of them.

    `filled_at` is when a fill came that none of them can know of: the broker tells figures minutes apart.
    """

    account_code: str
    at: datetime
    filled_at: datetime | None = None
    first: list[Figure] = field(default_factory=list)
    rest: list[Figure] = field(default_factory=list)


def by_account_code(values: Iterable[AccountValue], newest_fills: Mapping[str, datetime]) -> list[Figures]:
    """`values` come sorted by account code, as `account_values.of` gives them; the newest fills are by account code."""
    by_code = groupby(values, key=lambda value: value.account_code)
    return [_figures(code, list(rows), newest_fills.get(code)) for code, rows in by_code]


def label(tag: str) -> str:
    """IB's `NetLiquidationByCurrency` as `Net liquidation by currency`; capitals in a row stay together."""
    if tag in FIRST:
        return FIRST[tag]
    words = re.findall(r"PnL|-[A-Z]?|[A-Z]+(?![a-z])[^A-Za-z-]*|[A-Z]?[^A-Z-]+", tag)
    text = " ".join("P&L" if word == "PnL" else word if word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def _figures(account_code: str, rows: list[AccountValue], filled_at: datetime | None) -> Figures:
    own_currency = next((row.currency for row in rows if row.tag == "NetLiquidation" and row.currency != BASE), "")
    chosen = {tag: row for tag in FIRST if (row := _in_own_currency(tag, rows, own_currency)) is not None}
    at = max(row.updated_at for row in rows)
    return Figures(
        account_code,
        at=at,
        filled_at=filled_at if filled_at is not None and filled_at > at else None,
        first=[_figure(row, own_currency or row.currency) for row in chosen.values()],
        rest=[_figure(row, row.currency) for row in rows if row not in chosen.values()],
    )


def _in_own_currency(tag: str, rows: list[AccountValue], own_currency: str) -> AccountValue | None:
    """IB sends some figures once, others once for each currency and once for all of them together."""
    said = {row.currency: row for row in rows if row.tag == tag}
    return said.get(BASE) or said.get(own_currency)


def _figure(row: AccountValue, currency: str) -> Figure:
    return Figure(row.tag, label(row.tag), row.value, currency, row.updated_at)
