"""Instruments by name: `AAPL.NASDAQ`, `EUR/USD.IDEALPRO`, `BTC/USD.PAXOS`, `ESZ7.CME`.

A symbol and the exchange that is its home, as in NautilusTrader's guide. What has an expiry is named by IB's local
symbol.
"""

from __future__ import annotations

from brokers.domain import Instrument, SecurityType
from brokers.filters import InstrumentFilter
from brokers.refusals import FilterRefused

_CRYPTO_EXCHANGES = frozenset({"PAXOS", "ZEROHASH"})
_FUTURES_EXCHANGES = frozenset(
    {"CME", "GLOBEX", "CBOT", "ECBOT", "NYMEX", "COMEX", "CFE", "EUREX", "ICEUS", "ICEEU", "IPE", "NYBOT", "SGX"}
    | {"HKFE", "OSE.JPN", "KSE", "SNFE", "MONEP", "IDEM", "MEFFRV", "FTA", "ENDEX", "NYSELIFFE"}
)
_WITH_BASE_AND_QUOTE = (SecurityType.CASH, SecurityType.CRYPTO)


def name_of(instrument: Instrument) -> str:
    home = instrument.primary_exchange or instrument.exchange
    if instrument.security_type in _WITH_BASE_AND_QUOTE:
        return f"{instrument.symbol}/{instrument.currency}.{home}"
    return f"{instrument.display_symbol}.{home}"


def filter_of(name: str) -> InstrumentFilter:
    """Raises FilterRefused for what isn't of the form SYMBOL.EXCHANGE."""
    symbol, exchange = _parts(name)
    base, _, quoted = symbol.partition("/")
    if quoted:
        kind = SecurityType.CRYPTO if exchange in _CRYPTO_EXCHANGES else SecurityType.CASH
        return InstrumentFilter(sec_type=kind, symbol=base, currency=quoted, exchange=exchange)
    if exchange in _FUTURES_EXCHANGES:
        return InstrumentFilter(sec_type=SecurityType.FUT, local_symbol=symbol, exchange=exchange)
    return InstrumentFilter(
        sec_type=SecurityType.STK, symbol=symbol, exchange="SMART", primary_exchange=_unless_smart(exchange)
    )


def _unless_smart(exchange: str) -> str:
    return "" if exchange == "SMART" else exchange


def _parts(name: str) -> tuple[str, str]:
    """Exchanges can have a point of their own (OSE.JPN), and so can symbols (BRK.B)."""
    known = next((one for one in _FUTURES_EXCHANGES if "." in one and name.endswith("." + one)), None)
    symbol, _, exchange = (name[: -len(known) - 1], ".", known) if known else name.rpartition(".")
    if not symbol.strip() or not exchange.strip() or not name.isprintable():
        raise FilterRefused(f"{name!r} names no instrument; a name is like AAPL.NASDAQ or EUR/USD.IDEALPRO.")
    return symbol.strip(), exchange.strip()
