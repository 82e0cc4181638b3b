"""What an order would cost and do to the account's margin, without being placed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.simulator.account import commission_currency, tariff
from brokers.simulator.market import Market
from brokers.simulator.orders import Order
from brokers.simulator.valuation import Valuation


@dataclass(frozen=True, slots=True)
class Preview:
    """Margins and equity in the account's base currency, each before, change and after; the commission in its own."""

    margins: tuple[Decimal, ...]
    commission: Decimal
    currency: str


def preview(order: Order, *, market: Market, valuation: Valuation) -> Preview:
    price = order.limit_price or market.quote(order.instrument.con_id).mark
    commission, currency = _commission(order, order.quantity * price, valuation)
    margin = valuation.margin_of(order.instrument, order.sign * order.quantity)
    before = (valuation.margin(), valuation.maintenance_margin, valuation.equity)
    change = (margin, margin / 2, -valuation.in_base(commission, currency))
    after = (amount + difference for amount, difference in zip(before, change, strict=True))
    return Preview(tuple(round(amount, 2) for amount in (*before, *change, *after)), commission, currency)


def _commission(order: Order, value: Decimal, valuation: Valuation) -> tuple[Decimal, str]:
    instrument = order.instrument
    worth = valuation.in_base(value, instrument.currency) if instrument.is_currency_pair else value
    return round(tariff(instrument).commission(order.quantity, worth), 2), commission_currency(instrument)
