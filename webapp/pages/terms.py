"""An order's terms as fields of a form: which of them its type has, in which steps, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from brokers.domain import (
    BRIEF,
    DISTANCES,
    ORDER_TYPE_RULES,
    PRICE_NAMES,
    PRICES_ON_THE_SCALE,
    OrderType,
    TimeInForce,
    trades_below_zero,
)
from webapp.pages import words
from webapp.trading import price_steps
from webapp.trading.amounts import plain
from webapp.trading.models import Instrument

LABELS: Mapping[str, str] = {
    "limit_price": "Limit price",
    "stop_price": "Stop price",
    "trailing_amount": "Trail by",
    "trailing_percent": "or trail by (%)",
    "trail_stop_price": "First stop",
    "limit_price_offset": "Limit offset",
    "take_profit_price": "Take profit",
    "stop_loss_price": "Stop loss",
}
EXITS = ("take_profit_price", "stop_loss_price")
# Nothing can be attached to what trades when the day is over.
_WITHOUT_EXITS = (OrderType.MOC, OrderType.LOC)
# Where the instrument may trade below zero.
_SIGNED = (*PRICES_ON_THE_SCALE, *EXITS)
# IB fills it in from the market.
_OPTIONAL = ("trail_stop_price",)
_PERCENT_STEP = "0.1"


@dataclass(frozen=True, slots=True)
class PriceField:
    """`steps` as `price_steps.as_text` writes them; `step` is the one that holds at `value`.

    `is_signed`: it may be zero or less.
    """

    name: str
    label: str
    value: str
    error: str
    steps: str
    step: str
    is_shown: bool
    is_optional: bool
    is_signed: bool


def table() -> dict[str, dict[str, list[str]]]:
    """What each type has and how long it may last, for `terms.js`: one table for the page, the checks and the wire."""
    return {
        order_type.value: {
            "terms": [
                *rules.prices,
                *(["outside_rth"] if rules.may_leave_regular_hours else []),
                *(["exits", *EXITS] if order_type not in _WITHOUT_EXITS else []),
            ],
            "times": [time_in_force.value for time_in_force in rules.times_in_force],
            "brief": [time_in_force.value for time_in_force in BRIEF],
        }
        for order_type, rules in ORDER_TYPE_RULES.items()
    }


def shown(order_type: str, time_in_force: str) -> frozenset[str]:
    """The terms that such an order has; of a type that isn't ours all, so that what was sent can be seen."""
    row = table().get(order_type)
    if row is None:
        return frozenset((*PRICE_NAMES, "exits", *EXITS, "outside_rth", "good_till"))
    terms = {term for term in row["terms"] if term != "outside_rth" or time_in_force not in row["brief"]}
    return frozenset(terms | ({"good_till"} if time_in_force == TimeInForce.GTD else set()))


def price_fields(
    values: Mapping[str, str],
    instrument: Instrument,
    errors: Mapping[str, str],
    names: Collection[str],
    are_shown: Collection[str],
) -> Iterator[PriceField]:
    for name in names:
        steps, value = _steps(name, instrument), values[name]
        yield PriceField(
            name=name,
            label=_label(name, instrument),
            value=value,
            error=errors.get(name, ""),
            steps=steps,
            step=words.step_words(steps, value),
            is_shown=name in are_shown,
            is_optional=name in _OPTIONAL,
            is_signed=name in _SIGNED and trades_below_zero(instrument.security_type),
        )


def _label(name: str, instrument: Instrument) -> str:
    return LABELS[name] if name == "trailing_percent" else f"{LABELS[name]} ({instrument.currency})"


def _steps(name: str, instrument: Instrument) -> str:
    if name == "trailing_percent":
        return f"0:{_PERCENT_STEP}"
    return f"0:{plain(price_steps.finest(instrument))}" if name in DISTANCES else price_steps.as_text(instrument)
