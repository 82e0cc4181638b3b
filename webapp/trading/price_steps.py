"""The steps that a price has to meet: by exchange and by price, as a row keeps them and as a page says them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from brokers.domain import PriceIncrement, PriceRule
from webapp.trading.amounts import decimals_of, grouped, plain
from webapp.trading.models import Instrument

# A step of a rule that no row has, such as an empty one's: digits are shown as they come.
NO_STEPS = ""


def as_json(rules: Iterable[PriceRule]) -> list[dict[str, Any]]:
    """What the `price_rules` column holds: decimals are strings."""
    return [
        {
            "exchanges": list(rule.exchanges),
            "increments": [[plain(step.low_edge), plain(step.increment)] for step in rule.increments],
        }
        for rule in rules
    ]


def from_json(rules: Iterable[dict[str, Any]]) -> tuple[PriceRule, ...]:
    return tuple(
        PriceRule(
            exchanges=tuple(rule["exchanges"]),
            increments=tuple(PriceIncrement(Decimal(low), Decimal(step)) for low, step in rule["increments"]),
        )
        for rule in rules
    )


def step_at(instrument: Instrument, price: Decimal) -> Decimal:
    """What an order at this price has to be a multiple of, where the instrument's orders go."""
    fitting = [step for step in _steps(instrument) if step.low_edge <= abs(price)]
    return fitting[-1].increment if fitting else instrument.price_increment


def in_words(instrument: Instrument, price: Decimal) -> str:
    """As a cell of a page shows it: with every digit of its own, and no fewer than prices have there."""
    return grouped(price, decimals_of(step_at(instrument, price)))


def finest(instrument: Instrument) -> Decimal:
    """The smallest step that any two prices of an order here can be apart by."""
    return min(step.increment for step in _steps(instrument))


def as_text(instrument: Instrument) -> str:
    """`0:0.0001 5:0.001`: from each price upwards, the step. `js/steps.js` reads it."""
    return " ".join(f"{plain(step.low_edge)}:{plain(step.increment)}" for step in _steps(instrument))


def in_text_at(text: str, price: Decimal) -> Decimal | None:
    """The step at `price` in what `as_text` made; None when there is none."""
    steps = [tuple(map(Decimal, pair.split(":"))) for pair in text.split()]
    return next((step for low, step in reversed(steps) if low <= abs(price)), None)


def _steps(instrument: Instrument) -> tuple[PriceIncrement, ...]:
    rules = from_json(instrument.price_rules)
    rule = next((rule for rule in rules if instrument.exchange in rule.exchanges), None)
    return rule.increments if rule is not None else (PriceIncrement(Decimal(0), instrument.price_increment),)
