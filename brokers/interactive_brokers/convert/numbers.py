"""IB's numbers, texts and times.

IB marks what is unset as 1.7976931348623157e308, 2147483647, nan or -1, by field. All of them become None here.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

UNSET_DOUBLE = 1.7976931348623157e308
UNSET_INTEGER = 2147483647

_ZERO = Decimal(0)


def to_decimal(value: float | str | None) -> Decimal | None:
    """The number that IB wrote, exactly; None for what is unset, not finite or no number.

    A float is read through `repr`, the shortest text that gives the same float: that is the text IB sent, for any
    number of up to 15 digits.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _from_text(value)
    if not math.isfinite(value) or value in (UNSET_DOUBLE, UNSET_INTEGER):
        return None
    return _plain(Decimal(repr(value)))


def _from_text(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or float(number) in (UNSET_DOUBLE, UNSET_INTEGER):
        return None
    return _plain(number)


def _plain(number: Decimal) -> Decimal:
    """Without the `.0` and the exponent that a float's text adds: 100.0 -> 100, 5e-07 -> 0.0000005."""
    if not number:
        return _ZERO
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if text[-1] == "0" and "." in text else Decimal(text)


def to_float(value: Decimal) -> float:
    """What goes to `ib_insync`. Raises ValueError when a float can't carry the value exactly."""
    as_float = float(value)
    if not math.isfinite(as_float) or Decimal(repr(as_float)) != value:
        raise ValueError(f"{value} has more digits than IB can be sent")
    return as_float


def price(value: float | None) -> Decimal | None:
    """A price on the tape: -1 means that there is none."""
    number = to_decimal(value)
    return None if number == -1 else number


def quantity(value: float | None) -> Decimal | None:
    """A size on the tape: a negative one means that there is none."""
    number = to_decimal(value)
    return None if number is not None and number < 0 else number


def positive(value: float | None) -> Decimal | None:
    """For fields in which IB writes 0 for "not yet", such as an average fill price."""
    number = to_decimal(value)
    return number if number else None


def positive_text(value: str) -> Decimal | None:
    """For numbers that IB sends as text, such as a multiplier; empty means that there is none."""
    number = to_decimal(value) if value else None
    return number if number else None


def perm_id(value: int) -> int | None:
    """IB sends 0 until it has given one."""
    return value if value and value != UNSET_INTEGER else None


def to_utc(moment: datetime, *, zone: tzinfo = UTC) -> datetime:
    """Aware and in UTC. A naive time is taken to be in `zone`, the gateway's own."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def unsendable(texts: Iterable[str]) -> str | None:
    """The first text that holds a control character. A NUL inside a field becomes a field of its own on the wire."""
    return next((text for text in texts if any(unicodedata.category(sign)[0] == "C" for sign in text)), None)
