"""What a derived contract is worth, so that its simulated price begins where a person would expect it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import erf, exp, log, sqrt

# What money costs a year, and so what a future is dearer than its index.
INTEREST = 0.04

_DAYS = 365.0
# On its last day an option has some hours left.
_LEAST_DAYS = 0.25


def years_until(expiry: date, today: date) -> float:
    """Years of 365 days; 0 for what has expired."""
    days = (expiry - today).days
    return 0.0 if days < 0 else max(days, _LEAST_DAYS) / _DAYS


def future_price(spot: Decimal, years: float) -> Decimal:
    return spot * Decimal(repr(1 + INTEREST * years))


def option_price(spot: Decimal, strike: Decimal, right: str, *, years: float, volatility: float) -> Decimal:
    """Black and Scholes, without dividends; what is in the money alone once `years` is 0."""
    sign = 1 if right == "C" else -1
    if years <= 0:
        return max(sign * (spot - strike), Decimal(0))
    price, at, spread = float(spot), float(strike) * exp(-INTEREST * years), volatility * sqrt(years)
    upper = log(price / at) / spread + spread / 2
    value = sign * (price * _normal(sign * upper) - at * _normal(sign * (upper - spread)))
    return max(Decimal(repr(value)), sign * (spot - strike), Decimal(0))


def _normal(deviations: float) -> float:
    return (1 + erf(deviations / sqrt(2))) / 2
