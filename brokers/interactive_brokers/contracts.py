"""Instruments and what a user typed -> IB's Contract."""

from __future__ import annotations

import re

from ib_insync import Contract

from brokers.domain import Instrument

# The currencies that IB deals in. Two of them make a pair; other six letters may be a company's name.
CURRENCIES = frozenset(
    {"USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "HKD", "SGD", "SEK", "NOK", "DKK", "MXN", "ZAR", "CNH"}
    | {"PLN", "CZK", "HUF", "ILS", "TRY", "KRW", "INR", "TWD", "AED", "SAR"}
)
_PAIR = re.compile(r"([A-Za-z]{3})[./ ]?([A-Za-z]{3})")


def of_instrument(instrument: Instrument) -> Contract:
    """A new object each time: `ib_insync` tells streams apart by the identity of their Contract."""
    return Contract(
        conId=instrument.con_id,
        symbol=instrument.symbol,
        secType=instrument.security_type.value,
        exchange=instrument.exchange or "SMART",
        currency=instrument.currency,
    )


def of_con_id(con_id: int) -> Contract:
    return Contract(conId=con_id)


def currency_pair(text: str) -> Contract | None:
    """`EUR.USD`, `EUR/USD`, `EUR USD` or `EURUSD`, in any case; None for anything else."""
    found = _PAIR.fullmatch(text.strip())
    if found is None:
        return None
    base, quoted = found[1].upper(), found[2].upper()
    if not {base, quoted} <= CURRENCIES or base == quoted:
        return None
    return Contract(secType="CASH", symbol=base, currency=quoted, exchange="IDEALPRO")
