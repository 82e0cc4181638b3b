"""Currency pairs."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.listings.instrument import CURRENCY_PAIR, Instrument
from brokers.simulator.catalogue.listings.venues import FOREX, FOREX_YEN


def _pair(con_id: int, base: str, quote: str, price: str, name: str) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=base,
        security_type=CURRENCY_PAIR,
        currency=quote,
        local_symbol=f"{base}.{quote}",
        trading_class=f"{base}.{quote}",
        long_name=name,
        primary_exchange="",
        venue=FOREX_YEN if quote == "JPY" else FOREX,
        start_price=Decimal(price),
    )


PAIRS = (
    _pair(12087792, "EUR", "USD", "1.08450", "European Monetary Union Euro"),
    _pair(12087797, "GBP", "USD", "1.27120", "British pound"),
    _pair(14433401, "AUD", "USD", "0.66240", "Australian dollar"),
    _pair(15016059, "USD", "JPY", "157.250", "US Dollar"),
    _pair(12087820, "USD", "CHF", "0.89560", "US Dollar"),
    _pair(15016062, "USD", "CAD", "1.36780", "US Dollar"),
    _pair(12087807, "EUR", "GBP", "0.85315", "European Monetary Union Euro"),
    _pair(12345777, "USD", "HKD", "7.81250", "US Dollar"),
)
