"""How much equity a position ties up, by kind of instrument.

IB's own margins come from models, differ by account and change daily; none of these figures is IB's or an exchange's.
They have the shape of the published rules and their order of magnitude: shares by Regulation T, futures by an amount
for each contract, options by what they cost or may cost, the rest by a share of its value. Positions are taken one by
one: a spread or a covered call ties up as much as its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.accounts.amounts import ZERO, is_option, unit_value
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.instrument import FUTURE, FUTURE_OPTION, INDEX, STOCK


@dataclass(frozen=True, slots=True)
class Margin:
    """What is needed to take a position, and what to keep it: shares of its value, or amounts of money."""

    initial: Decimal
    maintenance: Decimal

    def __add__(self, other: Margin) -> Margin:
        return Margin(self.initial + other.initial, self.maintenance + other.maintenance)

    def __mul__(self, factor: Decimal) -> Margin:
        return Margin(self.initial * factor, self.maintenance * factor)

    def less(self, relief: Decimal, *, least: Decimal) -> Margin:
        """Smaller by an amount of money, but no smaller than this part of it."""
        return Margin(
            max(self.initial - relief, self.initial * least), max(self.maintenance - relief, self.maintenance * least)
        )


def _margin(initial: str, maintenance: str) -> Margin:
    return Margin(Decimal(initial), Decimal(maintenance))


NO_MARGIN = Margin(ZERO, ZERO)

# Of a balance in another currency than the account's, on either side: what a currency pair ties up.
FOREIGN_CASH = _margin("0.03", "0.02")

# Regulation T and the exchanges' rules: half to begin with; a quarter to keep, or 30 percent of what is borrowed.
_STOCK = _margin("0.5", "0.25")
_SHORT_STOCK = _margin("0.5", "0.3")

_SHARES = {
    "CASH": NO_MARGIN,  # its two balances are foreign cash
    FUTURE: _margin("0.06", "0.05"),
    "CFD": _margin("0.05", "0.05"),
    "CMDTY": _margin("0.05", "0.05"),
    "BOND": _margin("0.25", "0.2"),
    "CRYPTO": _margin("1", "1"),
}

# Of one future, by its symbol, in its own currency: up to twelve percent of what it stands for. Others tie up a share.
PER_CONTRACT = {
    "ES": _margin("14300", "13000"),
    "MES": _margin("1430", "1300"),
    "NQ": _margin("20900", "19000"),
    "ZT": _margin("1250", "1135"),
    "ZF": _margin("1545", "1405"),
    "ZN": _margin("2200", "2000"),
    "JPY": _margin("3300", "3000"),
    "CL": _margin("6600", "6000"),
    "GC": _margin("12100", "11000"),
    "DAX": _margin("38500", "35000"),
    "HSI": _margin("110000", "100000"),
}

# For whoever is short an option: its price, and of the underlying 20 percent (15 of an index), less what it is out of
# the money; but never less than a tenth, of the strike for a put. To begin with and to keep.
_OF_SHARES, _OF_AN_INDEX, _FLOOR = Decimal("0.2"), Decimal("0.15"), Decimal("0.1")
# An option on a future may take off half of what it is out of the money, down to half of the future's own margin.
_HALF = Decimal("0.5")


def margin(instrument: Instrument, quantity: Decimal, price: Decimal, *, underlying: Decimal | None) -> Margin:
    """In the instrument's currency. `underlying` is the price of what an option is on, where that is known."""
    if is_option(instrument):
        return _option_margin(instrument, quantity, price, underlying)
    if instrument.security_type == FUTURE and instrument.symbol in PER_CONTRACT:
        return PER_CONTRACT[instrument.symbol] * abs(quantity)
    return _share(instrument, quantity) * abs(quantity * unit_value(instrument, price))


def _share(instrument: Instrument, quantity: Decimal) -> Margin:
    if instrument.security_type == STOCK and quantity < 0:
        return _SHORT_STOCK
    return _SHARES.get(instrument.security_type, _STOCK)


def _option_margin(instrument: Instrument, quantity: Decimal, price: Decimal, underlying: Decimal | None) -> Margin:
    """Nothing for what is paid for; for what is written, its price and a part of what may have to be delivered."""
    if quantity >= 0:
        return NO_MARGIN
    at = instrument.strike if underlying is None else underlying
    out = max(instrument.strike - at if instrument.right == "C" else at - instrument.strike, ZERO)
    premium = Margin(price, price) * unit_value(instrument, Decimal(1))
    return (premium + _risk(instrument, at, out)) * abs(quantity)


def _risk(instrument: Instrument, at: Decimal, out: Decimal) -> Margin:
    """Of one contract, whose underlying is at a price and so much out of the money."""
    unit = unit_value(instrument, Decimal(1))
    if instrument.security_type == FUTURE_OPTION and instrument.symbol in PER_CONTRACT:
        return PER_CONTRACT[instrument.symbol].less(out * unit * _HALF, least=_HALF)
    share = _OF_AN_INDEX if instrument.under_security_type == INDEX else _OF_SHARES
    floor = _FLOOR * (at if instrument.right == "C" else instrument.strike)
    risk = max(share * at - out, floor) * unit
    return Margin(risk, risk)
