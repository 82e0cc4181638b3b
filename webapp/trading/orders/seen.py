"""What somebody looked at before they asked for a change, held against what the order has by now."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from brokers.domain import PRICE_NAMES, PRICES_ON_THE_SCALE
from webapp.trading import price_steps
from webapp.trading.models import Order
from webapp.trading.orders.bodies import TermsBody, terms_as_body
from webapp.trading.refusals import OrderChanged
from webapp.trading.terms import NAMES

# A trailing stop's price follows the market; that is no change of anybody's, unless it is what shall be set.
_MOVED_BY_THE_BROKER = ("trail_stop_price",)
_WORDS = {
    **PRICE_NAMES,
    "quantity": "quantity",
    "time_in_force": "time in force",
    "good_till_date": "date",
    "outside_rth": "leave to trade outside regular hours",
}


def require_as_seen(order: Order, seen: TermsBody, asked: Collection[str]) -> None:
    """Raises OrderChanged. `asked` names the terms that shall change."""
    was, now = dict(seen), dict(terms_as_body(order))
    judged = [name for name in NAMES if name in asked or name not in _MOVED_BY_THE_BROKER]
    changed = [f"its {_WORDS[name]} is {_said(order, name, now[name])}" for name in judged if was[name] != now[name]]
    if changed:
        raise OrderChanged(
            f"The order was changed since you opened this: {', '.join(changed)} now. Nothing was sent. "
            "Look at the order as it is, then change it."
        )


def _said(order: Order, name: str, value: object) -> str:
    if name in PRICES_ON_THE_SCALE and value is not None:
        return price_steps.in_words(order.instrument, Decimal(str(value)))
    if isinstance(value, bool):
        return "given" if value else "not given"
    return "none" if value is None else str(value)
