"""Decimals on their way in and out: text that a person typed, columns, and the strings that JSON and CSV carry.

Every amount column is `numeric(28, 10)`; what doesn't fit one is refused or rounded here, before PostgreSQL has to.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

DIGITS = 28
PLACES = 10
WHOLE_DIGITS = DIGITS - PLACES

_COLUMN_STEP = Decimal(1).scaleb(-PLACES)
# Wide enough that no sum, product or quotient of two columns is rounded behind our back.
EXACT = Context(prec=4 * DIGITS)
# ASCII digits alone: Decimal() would also take "1_000", "1e3", "NaN" and the digits of every script.
_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
# Far beyond any column; a number with more digits isn't even written out.
_MOST_DIGITS = 60


class AmountInvalid(ValueError):
    """A text is no amount that a column can hold. The message says why, with the value."""


def plain(value: Decimal) -> str:
    """Digits without an exponent, without the zeros that a column pads with: `190.5`, `0.00005`, `-3`, `0`."""
    if not value.is_finite():
        raise AmountInvalid(f"{value} is not an amount.")
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: Decimal, decimals: int = 0) -> str:
    """As people read it: by thousands, with at least `decimals` digits behind the point."""
    text = plain(value)
    whole, _, fraction = text.lstrip("-").partition(".")
    fraction = fraction.ljust(decimals, "0")
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def decimals_of(increment: Decimal) -> int:
    """How many digits stand behind the point of a price step: 2 for 0.01, 5 for 0.00005, 0 for 1."""
    exponent = increment.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def fitted(value: Decimal) -> Decimal:
    """As a column holds it: rounded half-even to 10 places, so that what is compared is what is stored.

    An average over fills can have more places than any column. Raises AmountInvalid when it has too many digits
    in front of the point, or isn't finite.
    """
    if not value.is_finite():
        raise AmountInvalid(f"{value} is not an amount.")
    try:
        return value.quantize(_COLUMN_STEP, context=Context(prec=DIGITS))
    except InvalidOperation as error:
        raise AmountInvalid(f"{shown(value)} has more than {WHOLE_DIGITS} digits before the point.") from error


def fitted_or_none(value: Decimal | None) -> Decimal | None:
    return None if value is None else fitted(value)


def parse(value: object) -> Decimal:
    """What a person typed, or a Decimal or int from a program, exactly. Raises AmountInvalid.

    A float is refused with the rest: it has lost what was typed already.
    """
    text = _as_text(value)
    if not _PLAIN_NUMBER.fullmatch(text):
        raise AmountInvalid(f"{shown(value)} is not a number. Write digits with at most one point, like 1250.75.")
    return _within_column(Decimal(text), value)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return EXACT.remainder(value, step) == 0


def neighbours(value: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """The multiples of `step` next below and next above `value`."""
    steps = EXACT.divide(value, step)
    below, above = (steps.to_integral_value(rounding=way) for way in (ROUND_FLOOR, ROUND_CEILING))
    return EXACT.multiply(below, step), EXACT.multiply(above, step)


def shown(value: object) -> str:
    """A value in quotation marks for a message: short, and without what could break the line it stands in."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value)[:41])
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _as_text(value: object) -> str:
    """Digits to judge, or '' for what has none: `Decimal("1e999999")` must not be written out to be refused."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 4 * _MOST_DIGITS:
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _MOST_DIGITS:
        return format(value, "f")
    return ""


def _within_column(amount: Decimal, value: object) -> Decimal:
    if amount.adjusted() >= WHOLE_DIGITS:
        raise AmountInvalid(f"{shown(value)} is too large: at most {WHOLE_DIGITS} digits may stand before the point.")
    if amount != fitted(amount):
        raise AmountInvalid(f"{shown(value)} is too fine: at most {PLACES} digits may stand behind the point.")
    return amount
