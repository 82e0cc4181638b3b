"""Allowed prices, as whole numbers: which one lies at or below a point, and which so many above or below it."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import gcd, lcm

from brokers.simulator.catalogue.listings import MarketRule

# A path moves between allowed prices too: it takes this many units to cross the finest increment.
FINENESS = 16


class Grid:
    """A market rule in units of which every increment is a whole number: `unit` is the price of one.

    Points are whole units above zero.
    """

    def __init__(self, rule: MarketRule) -> None:
        steps = sorted(rule.steps)
        unit = _common([Fraction(number) for step in steps for number in step if number]) / FINENESS
        self.unit = unit
        self._edges = [int(Fraction(low) / unit) for low, _ in steps]
        self._increments = [int(Fraction(increment) / unit) for _, increment in steps]
        self._decimals = [increment for _, increment in steps]

    def units(self, price: Decimal) -> int:
        """The point of a price; what lies between two is cut off."""
        return int(Fraction(price) / self.unit)

    def price(self, point: int) -> Decimal:
        """The allowed price at a point, exactly."""
        step = self._step(point)
        return Decimal(point // self._increments[step]) * self._decimals[step]

    def increment(self, point: int) -> int:
        """What allowed points at and above this one are apart."""
        return self._increments[self._step(point)]

    def floor(self, point: int) -> int:
        """The highest allowed point that is not above this one, and never zero."""
        increment = self.increment(point)
        return max(point // increment * increment, self._increments[0])

    def ceiling(self, point: int) -> int:
        """The lowest allowed point that is not below this one."""
        floor = self.floor(point)
        return floor if floor >= point else self.above(floor, 1)

    def above(self, point: int, count: int) -> int:
        """The allowed point so many above an allowed one."""
        while count:
            step = self._step(point)
            increment = self._increments[step]
            edge = self._edges[step + 1] if step + 1 < len(self._edges) else None
            stride = count if edge is None else min(count, (edge - point) // increment)
            point += stride * increment
            count -= stride
        return point

    def below(self, point: int, count: int) -> int:
        """The allowed point so many below an allowed one; zero or less when there are none."""
        for _ in range(count):
            point -= self.increment(point - 1)
        return point

    def _step(self, point: int) -> int:
        return max(bisect_right(self._edges, point) - 1, 0)


@cache
def grid_of(rule: MarketRule) -> Grid:
    """A grid never changes, and thousands of instruments have the same rule."""
    return Grid(rule)


def _common(numbers: list[Fraction]) -> Fraction:
    """The largest number of which all of these are multiples."""
    below = lcm(*(number.denominator for number in numbers))
    return Fraction(gcd(*(int(number * below) for number in numbers)), below)
