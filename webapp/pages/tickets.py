"""The order ticket as a form shows it: text as it was typed, and an id that is made once, when it opens."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from brokers.domain import PRICE_NAMES, OrderSide, OrderType, TimeInForce
from webapp.accounts.models import BrokerAccount
from webapp.pages import formats, order_words, terms
from webapp.pages.order_values import ComesTo, comes_to
from webapp.trading import amounts, price_steps
from webapp.trading.models import Instrument, Order
from webapp.trading.orders import TermsBody


@dataclass(frozen=True, slots=True)
class Ticket:
    """Every value is what the form holds. The services judge it; nothing is corrected here.

    `good_till` is a wall clock's time in `time_zone`, an IANA name: the reader's own, which a script fills in.
    """

    con_id: str
    client_order_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    side: str = OrderSide.BUY.value
    order_type: str = OrderType.LMT.value
    quantity: str = ""
    limit_price: str = ""
    stop_price: str = ""
    trailing_amount: str = ""
    trailing_percent: str = ""
    trail_stop_price: str = ""
    limit_price_offset: str = ""
    time_in_force: str = TimeInForce.DAY.value
    good_till: str = ""
    time_zone: str = "UTC"
    outside_rth: str = ""
    take_profit_price: str = ""
    stop_loss_price: str = ""

    @classmethod
    def opened(cls, instrument: Instrument, side: str, price: str, quantity: str = "") -> Ticket:
        """A fresh ticket, as a click on a bid or an ask wants it; with a quantity, as whoever closes a position."""
        limit = _price(price, price_steps.as_text(instrument))
        return cls(con_id=str(instrument.con_id), side=side, quantity=_quantity(quantity), limit_price=limit)

    @classmethod
    def entered(cls, post: QueryDict) -> Ticket:
        """What was sent, without what its type doesn't have, whatever the hidden fields still held."""
        values = {name: post.get(name, "").strip() for name in cls.__slots__}
        kept = terms.shown(values["order_type"], values["time_in_force"])
        hidden = {*PRICE_NAMES, *terms.EXITS, "good_till", "outside_rth"} - kept
        return cls(**values | dict.fromkeys(hidden, ""))

    @classmethod
    def of(cls, order: Order, terms: TermsBody) -> Ticket:
        """An order with the terms that it has, or had, to be changed."""
        steps, body = price_steps.as_text(order.instrument), dict(terms)
        return cls(
            **_fixed(order),
            **{name: _price(str(body[name] or ""), steps) for name in PRICE_NAMES},
            quantity=terms["quantity"],
            time_in_force=terms["time_in_force"],
            good_till=_to_the_minute(terms["good_till_date"]),
            outside_rth="true" if terms["outside_rth"] else "",
        )

    @classmethod
    def changed(cls, order: Order, post: QueryDict) -> Ticket:
        """What was sent to change an order: what can't be changed is the order's own."""
        values = post.dict() | {"order_type": order.order_type}
        entered = cls.entered(QueryDict(urlencode(values)))
        return replace(entered, **_fixed(order), take_profit_price="", stop_loss_price="")

    def fields(self) -> dict[str, str]:
        """Every field with its text, as a form sends it on."""
        return asdict(self)

    def as_arguments(self) -> dict[str, str]:
        values = self.fields()
        del values["good_till"], values["time_zone"]
        return values | {"good_till_date": good_till_date(self.good_till, self.time_zone)}

    def line(self, instrument: Instrument) -> str:
        """What its button is about to send, once it has been checked."""
        steps = price_steps.as_text(instrument)
        return order_words.order_line(self.as_arguments(), name=instrument.name, steps=steps)

    def comes_to(self, account: BrokerAccount, instrument: Instrument) -> ComesTo:
        price = self.limit_price or self.stop_price or self.trail_stop_price
        return comes_to(account, instrument, side=self.side, quantity=self.quantity, price=price)

    def shown(self) -> frozenset[str]:
        return terms.shown(self.order_type, self.time_in_force)

    def price_fields(self, instrument: Instrument, errors: dict[str, str]) -> Iterator[terms.PriceField]:
        return terms.price_fields(self.fields(), instrument, errors, tuple(PRICE_NAMES), self.shown())

    def exit_fields(self, instrument: Instrument, errors: dict[str, str]) -> Iterator[terms.PriceField]:
        return terms.price_fields(self.fields(), instrument, errors, terms.EXITS, self.shown())


def good_till_date(wall_clock: str, time_zone: str) -> str:
    """ISO 8601 with the zone's offset then; what can't be read stays as it is, for the services to refuse."""
    try:
        return datetime.fromisoformat(wall_clock).replace(tzinfo=ZoneInfo(time_zone)).isoformat()
    except (ValueError, OSError, KeyError):
        return wall_clock


def _fixed(order: Order) -> dict[str, str]:
    return {
        "con_id": str(order.instrument_id),
        "client_order_id": str(order.client_order_id),
        "side": order.side,
        "order_type": order.order_type,
    }


def _to_the_minute(moment: str | None) -> str:
    """As a form's clock shows it, in UTC."""
    try:
        return f"{datetime.fromisoformat(moment or '').astimezone(UTC):%Y-%m-%dT%H:%M}"
    except (ValueError, OverflowError):
        return ""


def _price(text: str, steps: str) -> str:
    """A price from an address; nothing when it is none, since the field beneath can still be filled in."""
    try:
        price = amounts.parse(text)
    except amounts.AmountInvalid:
        return ""
    whole, _, fraction = amounts.plain(price).partition(".")
    padded = fraction.ljust(formats.decimals_at(steps, price), "0")
    return f"{whole}.{padded}" if padded else whole


def _quantity(text: str) -> str:
    """From an address; nothing when it is none."""
    try:
        quantity = amounts.parse(text)
    except amounts.AmountInvalid:
        return ""
    return amounts.plain(quantity) if quantity > 0 else ""
