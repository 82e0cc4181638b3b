"""What an order would cost and do to the account's margin, without being placed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from brokers.simulator.accounts.amounts import ZERO, unit_value
from brokers.simulator.accounts.tariffs import commission_currency, tariff
from brokers.simulator.accounts.valuation import Valuation, Worth
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders.order import Order, Part

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Preview:
    """Margins and equity in the account's base currency, each before, change and after; the commission in its own."""

    margins: tuple[Decimal, ...]
    commission: Decimal
    currency: str


def preview(order: Order, *, quote: Quote, valuation: Valuation) -> Preview:
    """Raises LookupError for what isn't quoted."""
    commissions = [_commission(order, part, quote, valuation) for part in order.parts]
    trades = zip(order.parts, commissions, strict=True)
    before = valuation.worth()
    after = valuation.after((part.instrument, part.change, commission) for part, commission in trades)
    was, becomes = _figures(before), _figures(after)
    change = tuple(now - then for then, now in zip(was, becomes, strict=True))
    return Preview(was + change + becomes, sum(commissions, ZERO), commission_currency(order.parts[0].instrument))


def _figures(worth: Worth) -> tuple[Decimal, ...]:
    """In whole cents, so that what was and what changes make what becomes."""
    figures = (worth.margin.initial, worth.margin.maintenance, worth.equity_with_loan)
    return tuple(amount.quantize(_CENT, ROUND_HALF_UP) for amount in figures)


def _commission(order: Order, part: Part, quote: Quote, valuation: Valuation) -> Decimal:
    """What this part would cost when all of it traded at the order's limit, or at the market."""
    instrument = part.instrument
    price = valuation.mark(instrument) if order.legs else order.limit_price or quote.mark
    value = abs(part.change) * unit_value(instrument, price)
    if commission_currency(instrument) != instrument.currency:
        value = valuation.in_base(value, instrument.currency)
    return tariff(instrument).commission(abs(part.change), value).quantize(_CENT, ROUND_HALF_UP)
