"""A change of an order as its form holds it: what was typed, and the terms that it was painted with.

Only what differs from those is asked for: a field that nobody touched must not undo what happened meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from django.http import QueryDict

from brokers.domain import PRICE_NAMES
from webapp.pages import held_words, order_words
from webapp.pages.held_words import PositionWords
from webapp.pages.order_values import ComesTo, comes_to
from webapp.pages.tickets import Ticket
from webapp.trading import orders, price_steps
from webapp.trading.amounts import EXACT
from webapp.trading.models import Order
from webapp.trading.orders import TermsBody
from webapp.trading.terms import NAMES

_SEEN = "seen_"
# The fields that say a term each, but for the date, which two say.
_FIELDS = ("quantity", *PRICE_NAMES, "time_in_force", "outside_rth")
_DATE = ("good_till", "time_zone")


@dataclass(frozen=True, slots=True)
class EnteredChange:
    """`ticket` is what its fields hold, `seen` the terms it was painted with, `painted` how its fields showed them."""

    ticket: Ticket
    seen: TermsBody
    painted: Ticket

    @classmethod
    def opened(cls, order: Order) -> EnteredChange:
        seen = orders.terms_as_body(order)
        painted = Ticket.of(order, seen)
        return cls(painted, seen, painted)

    @classmethod
    def entered(cls, order: Order, post: QueryDict) -> EnteredChange:
        seen = _seen(post)
        return cls(Ticket.changed(order, post), seen, Ticket.of(order, seen))

    def asked(self) -> dict[str, str]:
        """What differs. A tick that was taken away is said, since what isn't said stays as it is."""
        values = self.ticket.as_arguments() | {"outside_rth": self.ticket.outside_rth or "false"}
        asked = {name: values[name] for name in _FIELDS if self._is_touched(name)}
        return asked | ({"good_till_date": values["good_till_date"]} if self._is_date_touched() else {})

    def on(self, order: Order) -> EnteredChange:
        """What was typed stays; the rest, and what it is held against, is the order's of now."""
        now = EnteredChange.opened(order)
        typed = [name for name in _FIELDS if self._is_touched(name)] + (list(_DATE) if self._is_date_touched() else [])
        return replace(now, ticket=replace(now.ticket, **{name: getattr(self.ticket, name) for name in typed}))

    def seen_fields(self) -> dict[str, str]:
        """As a form sends them on; `_seen` reads them."""
        return {f"{_SEEN}{name}": _as_field(value) for name, value in dict(self.seen).items()}

    def _is_touched(self, name: str) -> bool:
        return bool(getattr(self.ticket, name) != getattr(self.painted, name))

    def _is_date_touched(self) -> bool:
        """By another clock it is another time. An empty field's clock says nothing."""
        given, painted = self.ticket, self.painted
        is_elsewhere = bool(given.good_till) and given.time_zone != painted.time_zone
        return given.good_till != painted.good_till or is_elsewhere


def line(change: orders.Change) -> str:
    """What the order shall be, in words."""
    order = change.order
    body = {"side": order.side, "order_type": order.order_type, **orders.terms_as_body(change.terms)}
    steps = price_steps.as_text(order.instrument)
    return order_words.order_line(body, name=order.instrument.name, steps=steps)


def value(change: orders.Change) -> ComesTo:
    """What it shall come to."""
    body, order = orders.terms_as_body(change.terms), change.order
    price = body["limit_price"] or body["stop_price"] or body["trail_stop_price"]
    return comes_to(order.account, order.instrument, side=order.side, quantity=body["quantity"], price=price)


def held(change: orders.Change) -> PositionWords:
    """What is not filled yet changes the position; the broker's count has the rest already."""
    order, left = change.order, EXACT.subtract(change.terms.quantity, change.order.filled_quantity)
    return held_words.of_order(order.account, order.instrument, side=order.side, quantity=left, order=order)


def _seen(post: QueryDict) -> TermsBody:
    """A form that doesn't say what it was painted with was painted with what no order has."""
    texts: dict[str, object] = {name: post.get(f"{_SEEN}{name}") or None for name in NAMES}
    said = {"quantity": texts["quantity"] or "", "time_in_force": texts["time_in_force"] or ""}
    return cast("TermsBody", texts | said | {"outside_rth": texts["outside_rth"] == "true"})


def _as_field(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value or "")
