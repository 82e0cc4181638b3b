"""What a ticket must be before it may become an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Required, TypedDict
from uuid import UUID

from brokers.domain import OrderSide, OrderType
from webapp.trading.models import Instrument
from webapp.trading.orders.brackets import Entry, Exit, read_exits
from webapp.trading.orders.checks import Findings, read_choice, read_client_order_id, read_instrument
from webapp.trading.orders.term_checks import TermFields
from webapp.trading.refusals import OrderInvalid
from webapp.trading.terms import NAMES, Terms


@dataclass(frozen=True, slots=True)
class Ticket:
    """What was asked for, checked. `exits` are the orders that are attached to it."""

    client_order_id: UUID
    instrument: Instrument
    side: OrderSide
    order_type: OrderType
    terms: Terms
    exits: tuple[Exit, ...]


class OrderWords(TypedDict, total=False):
    """What an order asks for: see TicketFields."""

    con_id: Required[object]
    side: Required[object]
    order_type: Required[object]
    quantity: Required[object]
    limit_price: object
    stop_price: object
    trailing_amount: object
    trailing_percent: object
    trail_stop_price: object
    limit_price_offset: object
    time_in_force: object
    good_till_date: object
    outside_rth: object
    take_profit_price: object
    stop_loss_price: object


class TicketWords(OrderWords):
    """What `orders.place` takes beside the account."""

    client_order_id: Required[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFields:
    """A ticket as it came: text from a form, or values from a program. Empty text and None are "not given".

    Amounts are text, int or Decimal, never a float. The prices are named as in `brokers.domain.OrderRequest`, and
    ORDER_TYPE_RULES says which of them a type has; `good_till_date` is an aware datetime or ISO 8601 with an offset.
    `take_profit_price` and `stop_loss_price` attach a limit and a stop order that leave the position again.
    """

    client_order_id: object
    con_id: object
    side: object
    order_type: object
    quantity: object
    limit_price: object = None
    stop_price: object = None
    trailing_amount: object = None
    trailing_percent: object = None
    trail_stop_price: object = None
    limit_price_offset: object = None
    time_in_force: object = "DAY"
    good_till_date: object = None
    outside_rth: object = False
    take_profit_price: object = None
    stop_loss_price: object = None

    def checked(self, *, as_of: datetime | None = None) -> Ticket:
        """Judged now, or as it was `as_of`. Raises OrderInvalid with a sentence for each field that is wrong."""
        findings = Findings()
        read = findings.read
        client_order_id = read("client_order_id", lambda: read_client_order_id(self.client_order_id))
        instrument = read("con_id", lambda: read_instrument(self.con_id))
        side = read("side", lambda: read_choice(OrderSide, self.side, "side"))
        order_type = read("order_type", lambda: read_choice(OrderType, self.order_type, "order type"))
        given = {name: getattr(self, name) for name in NAMES}
        terms = TermFields(given, order_type, instrument, as_of).read(findings)
        given = {"take_profit_price": self.take_profit_price, "stop_loss_price": self.stop_loss_price}
        exits = read_exits(given, Entry(side, order_type, instrument, terms), findings)
        if findings.errors or not (client_order_id and instrument and side and order_type and terms):
            raise OrderInvalid(findings.errors)
        return Ticket(client_order_id, instrument, side, order_type, terms, exits)
