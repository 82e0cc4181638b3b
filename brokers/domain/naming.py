"""What a person calls an instrument. IB's local symbol, such as `SPY   261204C00190000`, is for machines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

from brokers.domain.instruments import Right, SecurityType

_OPTIONS = frozenset({SecurityType.OPT, SecurityType.FOP})


class Named(Protocol):
    """An Instrument, or a row that holds one. Texts are empty, and the others None, where nobody said."""

    @property
    def symbol(self) -> str: ...
    @property
    def display_symbol(self) -> str: ...
    @property
    def security_type(self) -> str: ...
    @property
    def trading_class(self) -> str: ...
    @property
    def contract_month(self) -> str: ...
    @property
    def expiry(self) -> date | None: ...
    @property
    def strike(self) -> Decimal | None: ...
    @property
    def right(self) -> str | None: ...


def name_of(one: Named) -> str:
    """`SPY 4 Dec 2026 190 Call`, `ES Dec 2026`, `AAPL`, `EUR.USD`.

    A trading class of another name stands behind it, as in `SPX 18 Dec 2026 5000 Call (SPXW)` or `DAX Dec 2026 (FDXM)`:
    two contracts can have all else in common, and differ in their size or their settlement. What its contract says too
    little of keeps IB's local symbol.
    """
    dated = _option(one) or _future(one)
    return f"{dated}{_class(one)}" if dated else one.display_symbol


def _option(one: Named) -> str:
    if one.security_type not in _OPTIONS or one.expiry is None or one.strike is None or not one.right:
        return ""
    day = f"{one.expiry.day} {one.expiry:%b %Y}"
    return f"{one.symbol} {day} {_plain(one.strike)} {Right(one.right).name.capitalize()}"


def _future(one: Named) -> str:
    """By its contract's month, which need not be the one that it expires in."""
    if one.security_type != SecurityType.FUT:
        return ""
    month = _month(one.contract_month) or one.expiry
    return f"{one.symbol} {month:%b %Y}" if month is not None else ""


def _month(text: str) -> date | None:
    """Of IB's `202612`."""
    try:
        return date(int(text[:4]), int(text[4:6]), 1)
    except ValueError:
        return None


def _class(one: Named) -> str:
    return f" ({one.trading_class})" if one.trading_class not in ("", one.symbol) else ""


def _plain(strike: Decimal) -> str:
    text = format(strike, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
