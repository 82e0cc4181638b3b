"""What a quantity at a price comes to, in the instrument's currency."""

from __future__ import annotations

from decimal import Decimal

from brokers.domain import SecurityType
from webapp.trading.amounts import EXACT
from webapp.trading.models import Instrument

# One unit of these is one unit: IB leaves their multiplier empty and Flex prints 1.
UNITS = {SecurityType.STK, SecurityType.CASH, SecurityType.CRYPTO}


def multiplier_of(instrument: Instrument) -> Decimal | None:
    """None when nobody knows."""
    multiplier: Decimal | None = instrument.multiplier
    return Decimal(1) if multiplier is None and instrument.security_type in UNITS else multiplier


def worth(instrument: Instrument, *, quantity: Decimal, price: Decimal) -> Decimal | None:
    """Exactly, with the sign of `quantity`; None when the multiplier is unknown. Prices in pence come to pounds."""
    multiplier = multiplier_of(instrument)
    if multiplier is None:
        return None
    quoted = EXACT.multiply(EXACT.multiply(quantity, price), multiplier)
    return EXACT.divide(quoted, Decimal(instrument.price_magnifier))
