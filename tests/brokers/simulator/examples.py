"""One contract of each kind that an account can hold, by a short name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument

_BY_NAME = {one.local_symbol: one for one in INSTRUMENTS}
_BOND = next(one for one in INSTRUMENTS if one.security_type == "BOND")
_PENCE = next(one for one in INSTRUMENTS if (one.symbol, one.currency) == ("VOD", "GBP"))
_BITCOIN = next(one for one in INSTRUMENTS if (one.symbol, one.security_type) == ("BTC", "CRYPTO"))


def _derived(
    con_id: int, of: str, kind: str, multiplier: str, *, strike: str = "0", right: str = "", currency: str = "USD"
) -> Instrument:
    return replace(
        _BY_NAME[of],
        con_id=con_id,
        security_type=kind,
        multiplier=Decimal(multiplier),
        strike=Decimal(strike),
        right=right,
        under_con_id=_BY_NAME[of].con_id,
        currency=currency,
    )


CONTRACTS = {
    **{name: _BY_NAME[name] for name in ("AAPL", "INTC", "SPY", "SAP", "EUR.USD", "USD.JPY", "EUR.GBP")},
    **{name: _BY_NAME[name] for name in ("IBUS30", "XAUUSD")},
    "VOD": _PENCE,
    "BOND": _BOND,
    "BTC": _BITCOIN,
    "ES": _derived(1, "SPX", "FUT", "50"),
    "DAX": _derived(2, "DAX", "FUT", "25", currency="EUR"),
    "SPY CALL": _derived(3, "SPY", "OPT", "100", strike="600", right="C"),
    "SPY PUT": _derived(4, "SPY", "OPT", "100", strike="500", right="P"),
    "ES CALL": _derived(5, "SPX", "FOP", "50", strike="6000", right="C"),
}
