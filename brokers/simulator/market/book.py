"""The order book behind the best bid and ask."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# As many prices a side as IB shows of one exchange's book.
LEVELS = 10


@dataclass(frozen=True, slots=True)
class Level:
    """How much is wanted, or offered, at one price."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Book:
    """Both sides, the best price first. Sizes are above zero; an index, which nobody trades, has neither side."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


EMPTY = Book((), ())
