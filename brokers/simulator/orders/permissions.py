"""What a login may trade. By default everything that is listed and can be ordered; a scenario takes away from it."""

from __future__ import annotations

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.orders.refusals import OrderRefused

# Shares that a broker has to look for before they can be sold short, and for how many steps of the market it looks.
HARD_TO_BORROW = frozenset(("GME",))
LOCATE_STEPS = 20


class Permissions:
    """`without` holds security types that the login has no trading permission for (460); `restricted` the contract
    ids that its accounts may not hold (203)."""

    def __init__(self) -> None:
        self.without: set[str] = set()
        self.restricted: set[int] = set()

    def judge(self, instrument: Instrument) -> None:
        """Raises OrderRefused for what may not be traded."""
        if instrument.security_type in self.without:
            raise OrderRefused(460, "No trading permissions.")
        if instrument.con_id in self.restricted or not instrument.is_orderable:
            raise OrderRefused(
                203, f"The security {instrument.local_symbol} is not available or allowed for this account."
            )


def is_hard_to_borrow(instrument: Instrument) -> bool:
    return instrument.security_type == "STK" and instrument.symbol in HARD_TO_BORROW
