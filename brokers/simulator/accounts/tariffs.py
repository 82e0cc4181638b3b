"""What a trade costs: fixed commissions by kind of instrument, as IB's price list has them, each in its own currency.

https://www.interactivebrokers.com/en/pricing/commissions-home.php: the rates are those of the fixed plan, rounded; fees
of exchanges and regulators are in them or left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.accounts.amounts import ZERO
from brokers.simulator.catalogue.listings import Instrument

# IB charges what has no currency of its own, a pair, in the account's.
BASE_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Tariff:
    """A commission: a rate (a unit, or of the value), never under `minimum`, never over a share of the value."""

    minimum: Decimal = ZERO
    per_unit: Decimal = ZERO
    of_value: Decimal = ZERO
    ceiling: Decimal | None = None

    def commission(self, quantity: Decimal, value: Decimal) -> Decimal:
        """For a whole order of `quantity` units that are worth `value`, both positive, in the commission's currency."""
        amount = quantity * self.per_unit + value * self.of_value
        if self.ceiling is not None:
            amount = min(amount, value * self.ceiling)
        return max(amount, self.minimum)


_US_STOCKS = Tariff(minimum=Decimal(1), per_unit=Decimal("0.005"), ceiling=Decimal("0.01"))
_STOCKS = {
    "USD": _US_STOCKS,
    "EUR": Tariff(minimum=Decimal(3), of_value=Decimal("0.0005")),
    "GBP": Tariff(minimum=Decimal(3), of_value=Decimal("0.0005")),
    "CHF": Tariff(minimum=Decimal(5), of_value=Decimal("0.0005")),
    "HKD": Tariff(minimum=Decimal(18), of_value=Decimal("0.0008")),
    "JPY": Tariff(minimum=Decimal(80), of_value=Decimal("0.0008")),
}
_OTHER_STOCKS = Tariff(minimum=Decimal(3), of_value=Decimal("0.001"))

_KINDS = {
    "CASH": Tariff(minimum=Decimal(2), of_value=Decimal("0.00002")),
    "CMDTY": Tariff(minimum=Decimal(2), of_value=Decimal("0.00015")),
    "CFD": Tariff(minimum=Decimal(1), of_value=Decimal("0.00005")),
    "CRYPTO": Tariff(minimum=Decimal("1.75"), of_value=Decimal("0.0018")),
    "BOND": Tariff(minimum=Decimal(1), of_value=Decimal("0.001")),
    "OPT": Tariff(minimum=Decimal(1), per_unit=Decimal("0.65")),
    "FOP": Tariff(per_unit=Decimal("1.42")),
    "FUT": Tariff(per_unit=Decimal("2.25")),
}


def tariff(instrument: Instrument) -> Tariff:
    kind = _KINDS.get(instrument.security_type)
    return kind or _STOCKS.get(instrument.currency, _OTHER_STOCKS)


def commission_currency(instrument: Instrument) -> str:
    return BASE_CURRENCY if instrument.is_currency_pair else instrument.currency
