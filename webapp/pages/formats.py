"""Numbers as people read them. `js/format.js` follows the same rules; one table of cases tests both.

A price keeps every digit that it has; what was computed is rounded to what a price can have.
None stays None, and a template shows it as a dash.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from webapp.trading import amounts, price_steps


def decimals_of(increment: Decimal | str) -> int:
    return amounts.decimals_of(Decimal(increment))


def decimals_at(steps: str, price: Decimal | str | None) -> int:
    """How many digits a price has where it stands, by `price_steps.as_text`; two when nobody said."""
    step = price_steps.in_text_at(steps, Decimal(price or 0))
    return 2 if step is None else decimals_of(step)


def plain(value: Decimal | str) -> str:
    """Without an exponent and without zeros at the end: what goes into a field or an attribute."""
    return amounts.plain(Decimal(value))


def number(value: Decimal | str | None, decimals: int = 0) -> str | None:
    """Grouped by thousands, with at least `decimals` digits behind the point."""
    return None if value is None else amounts.grouped(Decimal(value), decimals)


def rounded(value: Decimal | str | None, most: int) -> Decimal | None:
    """Half away from zero, to at most `most` digits behind the point."""
    if value is None:
        return None
    exact = Decimal(value)
    result = exact.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP, context=amounts.EXACT)
    return exact if exact == result else result


def average(value: Decimal | str | None, decimals: int) -> str | None:
    """An average has as many digits as its division left it: two more than a price says enough."""
    return number(rounded(value, decimals + 2), decimals)


def signed(value: Decimal | str | None, decimals: int = 0) -> str | None:
    """As `number`, with a plus in front of what is above zero."""
    text = number(value, decimals)
    if text is None or value is None:
        return None
    return f"+{text}" if Decimal(value) > 0 else text
