"""Contract ids of what is listed anew every week: options and futures.

An id says which contract it is, so that the same contract has the same id in every run and on every day, and that a
position is still known long after its strike left the list. Ids from 2^30 upwards are beyond all that IB has given
out; a client keeps them in 32 bits with a sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

FIRST = 1 << 30

# From the highest bit: five for the series, thirteen for the day of expiry, one for a put, eleven for the strike.
_STRIKE_BITS = 11
_RIGHT_BITS = 1
_DAY_BITS = 13
_SERIES_BITS = 5

_EPOCH = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derived contract's id says. `steps` is the strike in its series' smallest steps, 0 for a future."""

    series: int
    expiry: date
    is_put: bool = False
    steps: int = 0


def pack(contract: Derived) -> int:
    """Raises ValueError for a contract that ids have no room for."""
    number = 0
    for value, bits in (
        (contract.series, _SERIES_BITS),
        ((contract.expiry - _EPOCH).days, _DAY_BITS),
        (int(contract.is_put), _RIGHT_BITS),
        (contract.steps, _STRIKE_BITS),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{contract} has no contract id: {value} doesn't fit into {bits} bits")
        number = number << bits | value
    return FIRST + number


def unpack(con_id: int) -> Derived | None:
    """None for an id that was not made here. Whether there is such a contract is for its series to say."""
    if not FIRST <= con_id < FIRST << 1:
        return None
    number = con_id - FIRST
    steps, number = number & (1 << _STRIKE_BITS) - 1, number >> _STRIKE_BITS
    is_put, number = bool(number & 1), number >> _RIGHT_BITS
    day, series = number & (1 << _DAY_BITS) - 1, number >> _DAY_BITS
    return Derived(series, _EPOCH + timedelta(days=day), is_put, steps)
