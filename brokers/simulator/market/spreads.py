"""Where bid, ask and trade stand around a point of an instrument's price. Each rises with the point."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from brokers.simulator.market.grid import Grid


class Spread(Protocol):
    """Takes any point, and gives allowed ones: a bid below an ask, and a trade that is at one of them or between."""

    def bid(self, point: int) -> int: ...

    def ask(self, point: int) -> int: ...

    def last(self, point: int) -> int: ...


class Fixed:
    """The bid is at the point, and the ask so many allowed prices above it."""

    def __init__(self, grid: Grid, count: int) -> None:
        self._grid = grid
        self._count = count

    def bid(self, point: int) -> int:
        return self._grid.floor(point)

    def ask(self, point: int) -> int:
        return self._grid.above(self.bid(point), self._count)

    def last(self, point: int) -> int:
        bid = self.bid(point)
        upper_half = max(point - bid, 0) * 2 >= self._grid.increment(bid)
        return self._grid.above(bid, self._count // 2 + upper_half)


class Around:
    """Bid and ask are a share of the price apart (one increment at least), with the price between them: for one that
    goes far from where it began. What is worth less than an increment is bid for with that: nothing is no price."""

    def __init__(self, grid: Grid, share: Decimal) -> None:
        self._grid = grid
        self._share = float(share)

    def bid(self, point: int) -> int:
        return self._grid.floor(point - self._away(point))

    def ask(self, point: int) -> int:
        return max(self._grid.ceiling(point + self._away(point)), self._grid.above(self.bid(point), 1))

    def last(self, point: int) -> int:
        """The allowed price that is nearest."""
        below = self._grid.floor(point)
        upper_half = max(point - below, 0) * 2 >= self._grid.increment(below)
        return min(max(self._grid.above(below, int(upper_half)), self.bid(point)), self.ask(point))

    def _away(self, point: int) -> int:
        return max(int(point * self._share - self._grid.increment(point)), 0) // 2
