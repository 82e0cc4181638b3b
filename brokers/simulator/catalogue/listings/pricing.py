"""What is worth as much as something else says: futures, options, contracts for difference, by the price they follow.

Rates and volatilities stand still, and nothing pays dividends. Options are priced by Black and Scholes as if all were
European: what exercise would give before the last day is not in their price. So a put far in the money may be quoted
below that, while a call and a put of one strike always keep their parity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import erf, exp, log, pi, sqrt
from typing import Protocol

# What money costs a year, and so what a future is dearer than its index.
INTEREST = 0.04

DAYS_A_YEAR = 365.0
# On its last day an option has some hours left.
_LEAST_DAYS = 0.25

# The smile: how volatility falls from low strikes to high ones, and rises to both sides, by the strike's distance from
# where the underlying's price began (in logarithms). It belongs to the strike and not to the day, so that a call is
# never worth less when its underlying rises.
_SKEW, _CURVATURE = -1.2, 4.0


class Relation(Protocol):
    """How one price follows from another. `value` takes that price and the years that are left, both from 0."""

    @property
    def ages(self) -> bool:
        """Whether time alone changes the value."""

    @property
    def falls(self) -> bool:
        """Whether the value falls while the price that it follows rises. It never does both."""

    def value(self, price: float, years: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Share:
    """So many of what is followed, at any time."""

    ratio: float = 1.0

    ages = False
    falls = False

    def value(self, price: float, years: float) -> float:  # noqa: ARG002 - the same at any time
        return price * self.ratio


@dataclass(frozen=True, slots=True)
class Forward:
    """A future: its index, and what the money for it costs until then."""

    ages = True
    falls = False

    def value(self, price: float, years: float) -> float:
        return price * exp(INTEREST * years)


@dataclass(frozen=True, slots=True)
class Greeks:
    """How an option's price moves: with its underlying's, with that again, with a point of volatility, with a day.

    Of a price of one underlying, in whole ten thousandths or finer, so that what doesn't move isn't told again.
    """

    volatility: Decimal
    delta: Decimal
    gamma: Decimal
    vega: Decimal
    theta: Decimal
    price: Decimal
    underlying: Decimal


@dataclass(frozen=True, slots=True)
class Option:
    """A call (`C`) or a put (`P`). `carry` is what the underlying itself is dearer at expiry, a year: nothing for a
    future, which is paid for then."""

    strike: float
    right: str
    volatility: float
    carry: float = INTEREST

    ages = True

    @property
    def falls(self) -> bool:
        return self.right == "P"

    def value(self, price: float, years: float) -> float:
        """What is in the money alone once there is no time left."""
        sign = -1 if self.falls else 1
        if years <= 0 or price <= 0:
            return max(sign * (price - self.strike), 0.0)
        forward, spread = price * exp(self.carry * years), self.volatility * sqrt(years)
        upper = log(forward / self.strike) / spread + spread / 2
        paid = forward * _normal(sign * upper) - self.strike * _normal(sign * (upper - spread))
        return max(sign * paid * exp(-INTEREST * years), 0.0)

    def greeks(self, price: float, years: float) -> Greeks | None:
        """None once there is no time left: a price is then what is in the money."""
        if years <= 0 or price <= 0:
            return None
        spread, grows = self.volatility * sqrt(years), exp((self.carry - INTEREST) * years)
        upper = log(price * exp(self.carry * years) / self.strike) / spread + spread / 2
        density = exp(-(upper**2) / 2) / sqrt(2 * pi)
        sign = -1 if self.falls else 1
        value = self.value(price, years)
        return Greeks(
            volatility=_digits(self.volatility, 4),
            delta=_digits(sign * grows * _normal(sign * upper), 4),
            gamma=_digits(grows * density / (price * spread), 6),
            vega=_digits(price * grows * density * sqrt(years) / 100, 4),
            theta=_digits(self.value(price, max(years - 1 / DAYS_A_YEAR, 0.0)) - value, 4),
            price=_digits(value, 4),
            underlying=_digits(price, 4),
        )


def smile(volatility: float, strike: Decimal, centre: Decimal) -> float:
    """The volatility that options of a strike are priced with; `volatility` is that of a strike at `centre`."""
    distance = log(strike / centre)
    return volatility * (1 + _SKEW * distance + _CURVATURE * distance**2)


def years_until(expiry: date, today: date) -> float:
    """Years of 365 days; 0 for what has expired."""
    days = (expiry - today).days
    return 0.0 if days < 0 else max(days, _LEAST_DAYS) / DAYS_A_YEAR


def _digits(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _normal(deviations: float) -> float:
    return (1 + erf(deviations / sqrt(2))) / 2
