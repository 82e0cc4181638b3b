"""Which orders are taken for which kind of instrument, in the words of IB's `orderTypes`.

The words for times in force stand among those for kinds of order, as they do at IB.
"""

from __future__ import annotations

_ALWAYS = ("ACTIVETIM", "AD", "ALERT", "ALLOC", "COND", "OCA", "WHATIF")
_PLAIN = ("LMT", "MKT")
_TRIGGERED = ("LIT", "MIT", "MTL", "STP", "STPLMT", "TRAIL", "TRAILLMT")
_AT_THE_CLOSE = ("LOC", "MOC")
_IN_FORCE = ("DAY", "FOK", "GTC", "GTD", "IOC")


def _words(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(word for group in groups for word in group))


_FOR_MOST = _words(_ALWAYS, _PLAIN, _TRIGGERED, _IN_FORCE)

BY_SECURITY_TYPE = {
    "STK": _words(_ALWAYS, _PLAIN, _TRIGGERED, _AT_THE_CLOSE, _IN_FORCE, ("OPG",)),
    "CASH": _words(_ALWAYS, _PLAIN, _TRIGGERED, _IN_FORCE, ("CASHQTY",)),
    "FUT": _FOR_MOST,
    "OPT": _FOR_MOST,
    "FOP": _FOR_MOST,
    "CFD": _FOR_MOST,
    "CMDTY": _FOR_MOST,
    "BOND": _words(_ALWAYS, _PLAIN, _IN_FORCE),
    "CRYPTO": _words(_ALWAYS, _PLAIN, ("DAY", "GTC", "IOC", "STPLMT"), ("CASHQTY",)),
    "BAG": _words(_ALWAYS, _PLAIN, _IN_FORCE),
    "IND": ("ALERT", "COND"),
    "CONTFUT": ("ALERT", "COND"),
}
