"""Whether an instrument trades at a moment, as far as IB's list of hours reaches."""

from __future__ import annotations

from datetime import datetime

from brokers.domain import Instrument, TradingInterval


def reach(instrument: Instrument, at: datetime) -> bool:
    """Whether its hours are known at `at`: a list that has run out says nothing."""
    until = known_until(instrument)
    return until is not None and at < until


def known_until(instrument: Instrument) -> datetime | None:
    """None when nothing is known of its hours."""
    if instrument.hours_until is not None:
        return instrument.hours_until
    return max((interval.end for interval in _hours(instrument)), default=None)


def session_at(instrument: Instrument, at: datetime) -> TradingInterval | None:
    """The session that `at` falls into; None outside of all."""
    return next((interval for interval in _hours(instrument) if interval.start <= at < interval.end), None)


def has_traded_for(seconds: float, instrument: Instrument, at: datetime) -> bool:
    """Whether its session has lasted so long at `at`."""
    session = session_at(instrument, at)
    return session is not None and (at - session.start).total_seconds() >= seconds


def _hours(instrument: Instrument) -> tuple[TradingInterval, ...]:
    """The liquid ones: before the opening and after the close, silence says nothing."""
    return instrument.liquid_hours or instrument.trading_hours
