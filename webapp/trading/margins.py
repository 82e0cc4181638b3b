"""Whether the broker would find the account's money enough for an order, by the figures of its own what-if.

IB refuses what would leave less equity with loan value than initial margin (201):
https://www.interactivebrokers.com/en/trading/margin-requirements.php. What binds no more than before is let through
whatever the account lacks, since it can only help.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.domain import OrderPreview


@dataclass(frozen=True, slots=True)
class Shortfall:
    """After the order, in the account's currency: `equity` is less than the `margin` that it takes, or would be."""

    equity: Decimal
    margin: Decimal

    @property
    def missing(self) -> Decimal:
        return self.margin - self.equity


def is_known(figures: OrderPreview) -> bool:
    """Whether the broker said enough to tell."""
    return figures.equity_with_loan_after is not None and figures.initial_margin_after is not None


def shortfall(figures: OrderPreview) -> Shortfall | None:
    """None for an order that the margin suffices for, for one that binds nothing more, and while that isn't known."""
    equity, margin, change = (
        figures.equity_with_loan_after,
        figures.initial_margin_after,
        figures.initial_margin_change,
    )
    if equity is None or margin is None or equity >= margin or (change is not None and change <= 0):
        return None
    return Shortfall(equity, margin)
