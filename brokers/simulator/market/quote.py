"""One instrument's market at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """`last` and what belongs to it are None for what nobody reports trades of, a currency pair say.

    An index has a last price and no sizes: nobody bids for it, and nothing of it changes hands.
    """

    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal | None = None
    last_size: Decimal | None = None
    volume: Decimal | None = None

    @property
    def middle(self) -> Decimal:
        return (self.bid + self.ask) / 2

    @property
    def mark(self) -> Decimal:
        return self.last if self.last is not None else self.middle
