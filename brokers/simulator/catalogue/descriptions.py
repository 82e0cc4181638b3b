"""Whether an instrument is what a client's contract describes. What a contract leaves empty is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.wire import FieldError, decimal

_MONTH_LENGTH = 6

_RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}
_NO_RIGHT = ("", "0", "?")

# Nasdaq's older name at IB; both mean it.
_PRIMARY_EXCHANGES = {"ISLAND": "NASDAQ"}


def is_described(instrument: Instrument, contract: Mapping[str, str]) -> bool:
    """`contract` has IB's own field names. One that names nothing describes nothing."""
    if contract.get("secId"):
        if not _has_security_id(instrument, contract.get("secIdType", ""), contract["secId"]):
            return False
    elif not (contract["symbol"] or contract["localSymbol"]):
        return False
    return _has_names(instrument, contract) and _has_terms(instrument, contract)


def _has_security_id(instrument: Instrument, kind: str, value: str) -> bool:
    if kind == "CUSIP":
        return instrument.bond is not None and value == instrument.bond.cusip
    return kind == "ISIN" and value == instrument.isin


def _has_names(instrument: Instrument, contract: Mapping[str, str]) -> bool:
    listed = contract["primaryExchange"].upper()
    facts = (
        (contract["currency"], instrument.currency),
        (contract["localSymbol"], instrument.local_symbol),
        (contract["tradingClass"], instrument.trading_class),
        (_PRIMARY_EXCHANGES.get(listed, listed), instrument.primary_exchange),
    )
    named = all(not asked or asked.upper() == fact.upper() for asked, fact in facts)
    return named and _has_symbol(instrument, contract["symbol"]) and _has_type(instrument, contract["secType"])


def _has_symbol(instrument: Instrument, symbol: str) -> bool:
    """A bond may be asked for by its CUSIP in the symbol's place."""
    known = (instrument.symbol.upper(), instrument.bond.cusip if instrument.bond else "")
    return not symbol or symbol.upper() in known


def _has_type(instrument: Instrument, security_type: str) -> bool:
    return not security_type or instrument.security_type in security_type.upper().split("+")


def _has_terms(instrument: Instrument, contract: Mapping[str, str]) -> bool:
    right = contract["right"].upper()
    return (
        _has_expiry(instrument, contract["lastTradeDateOrContractMonth"])
        and (right in _NO_RIGHT or _RIGHTS.get(right) == instrument.right)
        and _is_number(contract["strike"], instrument.strike)
        and _is_number(contract["multiplier"], instrument.multiplier)
    )


def _has_expiry(instrument: Instrument, asked: str) -> bool:
    """A day, with whatever time behind it, or a contract month."""
    day = asked.split(" ", maxsplit=1)[0]
    if not day:
        return True
    return day == (instrument.contract_month if len(day) == _MONTH_LENGTH else instrument.expiry)


def _is_number(asked: str, fact: Decimal) -> bool:
    """Zero is how some clients leave a number out. What can't be read is nobody's number."""
    try:
        return not (number := decimal(asked)) or number == fact
    except FieldError:
        return False
