"""The order ticket as a form shows it: text as it was typed, and an id that is made once, when it opens."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field

from django.http import QueryDict

from brokers.domain import OrderSide, OrderType, TimeInForce
from webapp.pages import formats
from webapp.trading import amounts, price_steps
from webapp.trading.models import Instrument


@dataclass(frozen=True, slots=True)
class Ticket:
    """Every value is what the form holds. The services judge it; nothing is corrected here."""

    con_id: str
    client_order_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    side: str = OrderSide.BUY.value
    order_type: str = OrderType.LMT.value
    quantity: str = ""
    limit_price: str = ""
    time_in_force: str = TimeInForce.DAY.value

    @classmethod
    def opened(cls, instrument: Instrument, side: str, price: str) -> Ticket:
        """A fresh ticket, as a click on a bid or an ask wants it."""
        return cls(con_id=str(instrument.con_id), side=side, limit_price=_price(price, price_steps.as_text(instrument)))

    @classmethod
    def entered(cls, post: QueryDict) -> Ticket:
        """What was sent. A market order has no limit price, whatever the hidden field still held."""
        values = {name: post.get(name, "").strip() for name in cls.__slots__}
        if values["order_type"] == OrderType.MKT:
            values["limit_price"] = ""
        return cls(**values)

    def hidden(self) -> dict[str, str]:
        """Every field with its text, for a form that only sends them on."""
        return asdict(self)

    def as_arguments(self) -> dict[str, str | None]:
        return {**asdict(self), "limit_price": self.limit_price or None}


def _price(text: str, steps: str) -> str:
    """A price from an address; nothing when it is none, since the field beneath can still be filled in."""
    try:
        price = amounts.parse(text)
    except amounts.AmountInvalid:
        return ""
    whole, _, fraction = amounts.plain(price).partition(".")
    padded = fraction.ljust(formats.decimals_at(steps, price), "0")
    return f"{whole}.{padded}" if padded else whole
