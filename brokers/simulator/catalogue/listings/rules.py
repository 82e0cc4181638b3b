"""Market rules: which prices are allowed. Their numbers are IB's own where they are known.

https://interactivebrokers.github.io/tws-api/minimum_increment.html
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class MarketRule:
    """Which prices are allowed: from each low edge upwards, whole multiples of the increment beside it."""

    rule_id: int
    steps: tuple[tuple[Decimal, Decimal], ...]

    def increment(self, price: Decimal) -> Decimal:
        """The increment that applies at this price (its size, for a negative one)."""
        return max((step for step in self.steps if step[0] <= abs(price)), key=lambda step: step[0])[1]

    @property
    def smallest(self) -> Decimal:
        return min(increment for _, increment in self.steps)

    def allows(self, price: Decimal) -> bool:
        return price % self.increment(price) == 0

    def nearest(self, price: Decimal) -> Decimal:
        """The allowed price nearest to a positive one; one increment at least."""
        increment = self.increment(price)
        count = (price / increment).to_integral_value(ROUND_HALF_UP)
        return max(count, Decimal(1)) * increment


def _rule(rule_id: int, *steps: tuple[str, str]) -> MarketRule:
    return MarketRule(rule_id, tuple((Decimal(low), Decimal(increment)) for low, increment in steps))


CENTS = _rule(26, ("0", "0.01"))
NICKELS = _rule(30, ("0", "0.05"))
# Options trade in cents below three dollars and in nickels above; exchanges outside of the penny pilot are coarser.
PENNY_OPTIONS = _rule(32, ("0", "0.01"), ("3", "0.05"))
NICKEL_OPTIONS = _rule(109, ("0", "0.05"), ("3", "0.1"))
HALF_PIPS = _rule(239, ("0", "0.00005"))
YEN_HALF_PIPS = _rule(59, ("0", "0.005"))
# Europe's tick sizes grow with the price: a price that is right at 9.998 is wrong at 200.002.
EUROPEAN = _rule(
    1876,
    ("0", "0.0001"),
    ("5", "0.001"),
    ("10", "0.002"),
    ("20", "0.005"),
    ("50", "0.01"),
    ("100", "0.02"),
    ("200", "0.05"),
)
PENCE = _rule(
    1884,
    ("0", "0.0005"),
    ("1", "0.001"),
    ("2", "0.002"),
    ("5", "0.005"),
    ("10", "0.01"),
    ("20", "0.02"),
    ("50", "0.05"),
)
HONG_KONG_TICKS = _rule(
    41,
    ("0", "0.001"),
    ("0.25", "0.005"),
    ("0.5", "0.01"),
    ("10", "0.02"),
    ("20", "0.05"),
    ("100", "0.1"),
    ("200", "0.2"),
    ("500", "0.5"),
)
QUARTERS = _rule(67, ("0", "0.25"))
QUARTER_OPTIONS = _rule(553, ("0", "0.05"), ("10", "0.25"))
TENTHS = _rule(144, ("0", "0.1"))
WHOLES = _rule(556, ("0", "1"))
HALF_THIRTY_SECONDS = _rule(71, ("0", "0.015625"))
QUARTER_THIRTY_SECONDS = _rule(73, ("0", "0.0078125"))
EIGHTH_THIRTY_SECONDS = _rule(74, ("0", "0.00390625"))
YEN_FUTURE_TICKS = _rule(76, ("0", "0.0000005"))
CRYPTO_QUARTERS = _rule(2565, ("0", "0.25"))
CRYPTO_CENTS = _rule(2566, ("0", "0.01"))
SATOSHIS = _rule(2790, ("0", "0.00000001"))
BOND_TICKS = _rule(1013, ("0", "0.001"))

MARKET_RULES = {
    rule.rule_id: rule
    for rule in (
        CENTS,
        NICKELS,
        PENNY_OPTIONS,
        NICKEL_OPTIONS,
        HALF_PIPS,
        YEN_HALF_PIPS,
        EUROPEAN,
        PENCE,
        HONG_KONG_TICKS,
        QUARTERS,
        QUARTER_OPTIONS,
        TENTHS,
        WHOLES,
        HALF_THIRTY_SECONDS,
        QUARTER_THIRTY_SECONDS,
        EIGHTH_THIRTY_SECONDS,
        YEN_FUTURE_TICKS,
        CRYPTO_QUARTERS,
        CRYPTO_CENTS,
        SATOSHIS,
        BOND_TICKS,
    )
}
