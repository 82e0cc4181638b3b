"""The question for what changes by itself of an instrument: its trading hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from brokers.domain import Instrument, TradingInterval
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from workers.asked import Session


async def trading_hours(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Times in UTC, as pairs of beginning and end; `hours_until` is None when the broker lists nothing."""
    instrument = await _listed(session.node.provider, int(body["con_id"]))
    until = instrument.hours_until
    return {
        "trading_hours": _pairs(instrument.trading_hours),
        "liquid_hours": _pairs(instrument.liquid_hours),
        "hours_until": until.isoformat() if until is not None else None,
    }


async def _listed(provider: InteractiveBrokersInstrumentProvider, con_id: int) -> Instrument:
    """Asked anew when what is known of its hours is over; a row of ours has none at all."""
    known = await provider.instrument(con_id)
    if known.hours_until is None or known.hours_until <= datetime.now(UTC):
        return await provider.renew(known)
    return known


def _pairs(intervals: Iterable[TradingInterval]) -> list[list[str]]:
    return [[one.start.isoformat(), one.end.isoformat()] for one in intervals]
