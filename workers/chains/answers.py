"""The questions for an option chain."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from workers.asked import CannotAnswer, Session
from workers.chains.lookups import StillListing

T = TypeVar("T")


async def option_series(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Which expiries there are on an underlying, by trading class; the earliest first."""
    found = await _listed(session.link.option_chains.series(int(body["con_id"])))
    return {
        "series": [
            {
                "trading_class": one.trading_class,
                "multiplier": _plain(one.multiplier),
                "expiries": [expiry.isoformat() for expiry in one.expiries],
            }
            for one in found
        ]
    }


async def options(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """The options of one expiry and trading class, by strike and right."""
    expiry, trading_class = date.fromisoformat(body["expiry"]), str(body["trading_class"])
    found = await _listed(session.link.option_chains.options(int(body["con_id"]), expiry, trading_class))
    return {"con_ids": [option.con_id for option in found]}


async def _listed(listing: Awaitable[T]) -> T:
    try:
        return await listing
    except StillListing as reason:
        raise CannotAnswer(str(reason)) from None


def _plain(multiplier: Decimal | None) -> str | None:
    return None if multiplier is None else format(multiplier, "f")
