"""What a ticket must be before it may become an order. Every field is judged, so that all errors show at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from brokers.domain import OrderSide, OrderType, SecurityType, TimeInForce
from webapp.trading import price_steps
from webapp.trading.amounts import AmountInvalid, is_multiple, neighbours, parse, plain, shown
from webapp.trading.models import Instrument
from webapp.trading.refusals import OrderInvalid

Choice = TypeVar("Choice", bound=StrEnum)
Result = TypeVar("Result")

# Only the canonical shape: uuid.UUID() also takes braces, "urn:uuid:" and no hyphens, which IB's orderRef would not
# carry back the same.
_CLIENT_ORDER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_CON_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
# An index is a number, a continuous future a series: neither has a counterparty.
_NOT_ORDERABLE = {SecurityType.IND, SecurityType.CONTFUT}
# What a ticket offers; a node can send more.
ORDER_TYPES = (OrderType.MKT, OrderType.LMT)
TIMES_IN_FORCE = (TimeInForce.DAY, TimeInForce.GTC)


class FieldRefused(Exception):
    """One field is wrong. The message goes beside it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What was asked for, checked. `limit_price` is None for a market order alone."""

    client_order_id: UUID
    instrument: Instrument
    side: OrderSide
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    time_in_force: TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFields:
    """A ticket as it came: text from a form, or values from a program."""

    client_order_id: object
    con_id: object
    side: object
    order_type: object
    quantity: object
    limit_price: object
    time_in_force: object

    def checked(self) -> Ticket:
        """Raises OrderInvalid with a sentence for each field that is wrong."""
        errors: dict[str, str] = {}

        def read(field: str, reader: Callable[[], Result]) -> Result | None:
            try:
                return reader()
            except (FieldRefused, AmountInvalid) as refusal:
                errors[field] = str(refusal)
                return None

        client_order_id = read("client_order_id", lambda: read_client_order_id(self.client_order_id))
        instrument = read("con_id", lambda: read_instrument(self.con_id))
        side = read("side", lambda: read_choice(OrderSide, self.side, "side"))
        order_type = read("order_type", lambda: read_choice(ORDER_TYPES, self.order_type, "order type"))
        time_in_force = read("time_in_force", lambda: read_choice(TIMES_IN_FORCE, self.time_in_force, "time in force"))
        quantity = read("quantity", lambda: read_quantity(self.quantity, instrument))
        limit_price = read("limit_price", lambda: read_limit_price(self.limit_price, order_type, instrument))
        if errors or not (client_order_id and instrument and side and order_type and time_in_force and quantity):
            raise OrderInvalid(errors)
        return Ticket(client_order_id, instrument, side, order_type, quantity, limit_price, time_in_force)


def read_client_order_id(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _CLIENT_ORDER_ID.fullmatch(value):
        raise FieldRefused(f"{shown(value)} is not an order id. Open the ticket again: each one brings its own.")
    return UUID(value)


def read_instrument(value: object) -> Instrument:
    if not _CON_ID.fullmatch(str(value)):
        raise FieldRefused(f"{shown(value)} is not an instrument's number. Search for the instrument and choose it.")
    instrument = Instrument.objects.filter(pk=int(str(value))).first()
    if instrument is None:
        raise FieldRefused(f"There is no instrument {shown(value)} here. Search for it and choose it.")
    if instrument.security_type in _NOT_ORDERABLE:
        raise FieldRefused(f"{instrument.display_symbol} ({instrument.security_type}) can be watched, not ordered.")
    return instrument


def read_choice(choices: Iterable[Choice], value: object, name: str) -> Choice:
    known = {str(choice): choice for choice in choices}
    if str(value) not in known:
        raise FieldRefused(f"{shown(value)} is not a known {name}. It is {' or '.join(known)}.")
    return known[str(value)]


def read_quantity(value: object, instrument: Instrument | None) -> Decimal:
    if value is None or value == "":
        raise FieldRefused("Enter a quantity.")
    quantity = parse(value)
    if quantity <= 0:
        raise FieldRefused(f"The quantity must be more than 0, not {plain(quantity)}; the side says buy or sell.")
    if instrument is not None:
        _check_size(quantity, instrument)
    return quantity


def read_limit_price(value: object, order_type: OrderType | None, instrument: Instrument | None) -> Decimal | None:
    given = value is not None and value != ""
    if order_type is OrderType.MKT and given:
        raise FieldRefused(f"A market order takes no limit price, and got {shown(value)}. Leave it empty.")
    if order_type is OrderType.LMT and not given:
        raise FieldRefused("A limit order needs a limit price.")
    return _positive_price(value, instrument) if given else None


def _check_size(quantity: Decimal, instrument: Instrument) -> None:
    if quantity < instrument.min_size:
        smallest = plain(instrument.min_size)
        raise FieldRefused(f"{plain(quantity)} is too small: {instrument.display_symbol} trades from {smallest} up.")
    step = instrument.size_increment
    if step > 0 and not is_multiple(quantity, step):
        nearest = _nearest(quantity, step, least=instrument.min_size)
        raise FieldRefused(
            f"{plain(quantity)} is not a multiple of {plain(step)}, in which {instrument.display_symbol} trades. "
            f"The nearest valid: {nearest}."
        )


def _positive_price(value: object, instrument: Instrument | None) -> Decimal:
    price = parse(value)
    if price <= 0:
        raise FieldRefused(f"The limit price must be more than 0, not {plain(price)}.")
    step = price_steps.step_at(instrument, price) if instrument is not None else Decimal(0)
    if step > 0 and not is_multiple(price, step):
        raise FieldRefused(
            f"{plain(price)} is not on the price increment of {plain(step)} that holds there. "
            f"The nearest valid: {_nearest(price, step, least=step)}."
        )
    return price


def _nearest(value: Decimal, step: Decimal, *, least: Decimal) -> str:
    return " and ".join(plain(near) for near in neighbours(value, step) if near >= least and near > 0)
