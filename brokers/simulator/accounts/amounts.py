"""From prices and sizes to money.

A price is what the market quotes: an index point, a percent of a bond's face, a penny. Money is what an account pays
for one contract: the price times its multiplier, in whole units of its currency.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from brokers.simulator.catalogue.listings import Instrument

ZERO = Decimal(0)

# Nobody pays for these: an account pays and gets their losses and gains alone.
_SETTLED_IN_DIFFERENCES = frozenset({"FUT", "CONTFUT", "CFD"})

_OPTIONS = frozenset({"OPT", "FOP"})

_CENT = Decimal("0.01")
_LEDGER_DIGITS = Decimal("0.0001")


def unit_value(instrument: Instrument, price: Decimal) -> Decimal:
    """What one contract is worth at this price, in the instrument's currency."""
    return price * instrument.multiplier / instrument.price_magnifier


def is_settled_in_differences(instrument: Instrument) -> bool:
    """True for futures and CFDs: buying one moves no cash, and only what it gained or lost since is the account's."""
    return instrument.security_type in _SETTLED_IN_DIFFERENCES


def is_option(instrument: Instrument) -> bool:
    return instrument.security_type in _OPTIONS


def money(amount: Decimal) -> str:
    """Whole cents, as IB writes amounts of the base currency: 7782456.89."""
    return format(amount.quantize(_CENT, ROUND_HALF_UP) + ZERO, "f")


def ledger_money(amount: Decimal) -> str:
    """Up to four digits and at least two, as IB writes balances by currency: 7421167.7441, 953023.20."""
    return shortened(amount.quantize(_LEDGER_DIGITS, ROUND_HALF_UP))


def shortened(amount: Decimal) -> str:
    """Without the zeros at the end, but for the first two digits: 7.786325, 1.00."""
    whole, _, digits = format(amount + ZERO, "f").partition(".")
    return f"{whole}.{digits.rstrip('0'):0<2}"
