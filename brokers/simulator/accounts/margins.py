"""How much equity a position ties up, by kind of instrument.

IB's own margins come from models and change daily; these are fixed shares with their order of magnitude: half of a
stock's value to begin with, a twentieth of a future's, nothing for an option that is paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.accounts.amounts import ZERO, is_option, unit_value
from brokers.simulator.catalogue.listings import Instrument


@dataclass(frozen=True, slots=True)
class Margin:
    """What is needed to take a position, and what to keep it: shares of its value, or amounts of money."""

    initial: Decimal
    maintenance: Decimal

    def __add__(self, other: Margin) -> Margin:
        return Margin(self.initial + other.initial, self.maintenance + other.maintenance)

    def __mul__(self, factor: Decimal) -> Margin:
        return Margin(self.initial * factor, self.maintenance * factor)


NO_MARGIN = Margin(ZERO, ZERO)

# Of a balance in another currency than the account's, on either side.
FOREIGN_CASH = Margin(Decimal("0.03"), Decimal("0.02"))

_STOCK = Margin(Decimal("0.5"), Decimal("0.25"))
_KINDS = {
    "CASH": NO_MARGIN,  # its two balances are foreign cash
    "FUT": Margin(Decimal("0.06"), Decimal("0.05")),
    "CFD": Margin(Decimal("0.05"), Decimal("0.05")),
    "CMDTY": Margin(Decimal("0.05"), Decimal("0.05")),
    "BOND": Margin(Decimal("0.25"), Decimal("0.2")),
    "CRYPTO": Margin(Decimal(1), Decimal(1)),
}

# Of the underlying, for whoever is short an option: less what it is out of the money, but never under the floor.
_SHORT_OPTION = Margin(Decimal("0.2"), Decimal("0.15"))
_SHORT_OPTION_FLOOR = Margin(Decimal("0.1"), Decimal("0.1"))


def margin(instrument: Instrument, quantity: Decimal, price: Decimal, *, underlying: Decimal | None) -> Margin:
    """In the instrument's currency. `underlying` is the price of what an option is on, where that is known."""
    if is_option(instrument):
        return _option_margin(instrument, quantity, price, underlying)
    share = _KINDS.get(instrument.security_type, _STOCK)
    return share * abs(quantity * unit_value(instrument, price))


def _option_margin(instrument: Instrument, quantity: Decimal, price: Decimal, underlying: Decimal | None) -> Margin:
    """Nothing for what is paid for; for what is written, its price and a share of what may have to be delivered."""
    if quantity >= 0:
        return NO_MARGIN
    at = instrument.strike if underlying is None else underlying
    out = max(instrument.strike - at if instrument.right == "C" else at - instrument.strike, ZERO)
    risk = Margin(
        price + max(_SHORT_OPTION.initial * at - out, _SHORT_OPTION_FLOOR.initial * at),
        price + max(_SHORT_OPTION.maintenance * at - out, _SHORT_OPTION_FLOOR.maintenance * at),
    )
    return risk * (abs(quantity) * unit_value(instrument, Decimal(1)))
