"""What an order does to the position, in words, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from webapp.accounts.models import BrokerAccount
from webapp.pages import formats
from webapp.trading import held
from webapp.trading.held import Held
from webapp.trading.models import Instrument, Order


@dataclass(frozen=True, slots=True)
class PositionWords:
    """`text` is a sentence; `warning` another one when the order takes the position to the other side."""

    text: str
    warning: str = ""


def of_order(
    account: BrokerAccount, instrument: Instrument, *, side: str, quantity: Decimal, order: Order | None = None
) -> PositionWords:
    """`quantity` and `order` as `held.before_and_after` takes them."""
    try:
        found = held.before_and_after(account=account, instrument=instrument, side=side, quantity=quantity, order=order)
    except held.NotKnown as reason:
        return PositionWords(f"Your position is unknown: {reason}")
    others = " Your other open orders in it are not counted." if found.has_others else ""
    return PositionWords(f"{_now(found.now)}; after this order {_after(found.after)}.{others}", _warning(found))


def _now(quantity: Decimal) -> str:
    if quantity < 0:
        return f"You are {_count(quantity)} short"
    return f"You hold {_count(quantity) if quantity else 'none'}"


def _after(quantity: Decimal) -> str:
    if quantity == 0:
        return "none"
    return f"{_count(quantity)} {'short' if quantity < 0 else 'long'}"


def _warning(found: Held) -> str:
    if found.goes_short and found.now == 0:
        return f"This order opens a short position: it sells {_count(found.after)}, and you hold none."
    if found.goes_short:
        return f"This order goes short: it sells {_count(found.after)} more than you hold."
    if found.goes_long:
        return f"This order goes long: it buys {_count(found.after)} more than you are short."
    return ""


def _count(quantity: Decimal) -> str:
    return formats.number(abs(quantity)) or ""
