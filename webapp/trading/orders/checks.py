"""Single fields of an order, read and judged: a refusal says what is wrong, with which value, what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from brokers.domain import SecurityType, trades_below_zero
from webapp.trading import price_steps
from webapp.trading.amounts import AmountInvalid, is_multiple, neighbours, parse, plain, shown
from webapp.trading.models import Instrument

Choice = TypeVar("Choice", bound=StrEnum)
Result = TypeVar("Result")

# Only the canonical shape: uuid.UUID() also takes braces, "urn:uuid:" and no hyphens, which IB's orderRef would not
# carry back the same.
_CLIENT_ORDER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_CON_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
# An index is a number, a continuous future a series: neither has a counterparty.
_NOT_ORDERABLE = {SecurityType.IND, SecurityType.CONTFUT}
_LIKE = "Write a time like 2026-01-31T20:00:00Z, with Z or an offset."
_ABOVE_ZERO = " Combinations and futures alone may trade at zero or below."
_FLAGS = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


class FieldRefused(Exception):
    """One field is wrong. The message goes beside it."""


class Findings:
    """Reads field after field and keeps what is wrong with each, so that all errors show at once."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def read(self, field: str, reader: Callable[[], Result]) -> Result | None:
        try:
            return reader()
        except (FieldRefused, AmountInvalid) as refusal:
            self.errors[field] = str(refusal)
            return None


def is_given(value: object) -> bool:
    """An empty field of a form is one that nobody filled in."""
    return value is not None and value != ""


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
        raise FieldRefused(f"{instrument.name} ({instrument.security_type}) can be watched, not ordered.")
    return instrument


def read_choice(choices: Iterable[Choice], value: object, name: str) -> Choice:
    known = {str(choice): choice for choice in choices}
    if str(value) not in known:
        raise FieldRefused(f"{shown(value)} is not a known {name}. It is {' or '.join(known)}.")
    return known[str(value)]


def read_quantity(value: object, instrument: Instrument | None) -> Decimal:
    if not is_given(value):
        raise FieldRefused("Enter a quantity.")
    quantity = parse(value)
    if quantity <= 0:
        raise FieldRefused(f"The quantity must be more than 0, not {plain(quantity)}; the side says buy or sell.")
    if instrument is not None:
        _check_size(quantity, instrument)
    return quantity


def read_price(value: object, name: str, instrument: Instrument | None) -> Decimal:
    """One that stands on the exchange's scale, in the steps that hold where it stands, at its size below zero.

    `trades_below_zero` says for which instruments one of zero or less is taken.
    """
    is_any = instrument is not None and trades_below_zero(instrument.security_type)
    price = parse(value) if is_any else _more_than_zero(value, name, why=_ABOVE_ZERO)
    step = price_steps.step_at(instrument, price) if instrument is not None else Decimal(0)
    if instrument is not None and step > 0 and not is_multiple(price, step):
        nearest = [near for near in neighbours(price, step) if is_any or near >= step]
        off, *valid = (price_steps.in_words(instrument, one) for one in (price, *nearest))
        raise FieldRefused(
            f"{off} is not on the price increment of {plain(step)} that holds there. "
            f"The nearest valid: {' and '.join(valid)}."
        )
    return price


def read_distance(value: object, name: str, instrument: Instrument | None, *, any_sign: bool = False) -> Decimal:
    """Between two prices, wherever they will stand: in steps of the finest increment."""
    distance = parse(value) if any_sign else _more_than_zero(value, name)
    step = price_steps.finest(instrument) if instrument is not None else Decimal(0)
    if step > 0 and not is_multiple(distance, step):
        below, above = neighbours(distance, step)
        raise FieldRefused(
            f"{plain(distance)} is not a multiple of {plain(step)}, the finest price increment of "
            f"{instrument.name if instrument else ''}. The nearest valid: {plain(below)} and {plain(above)}."
        )
    return distance


def read_percent(value: object, name: str) -> Decimal:
    percent = _more_than_zero(value, name)
    if percent >= 100:
        raise FieldRefused(f"A {name} of {plain(percent)} reaches below zero. It is less than 100.")
    return percent


def read_moment(value: object, *, now: datetime) -> datetime:
    """A moment to come, in whole seconds as IB keeps them: an aware datetime, or ISO 8601 with its offset."""
    moment = value if isinstance(value, datetime) else _moment_in(str(value))
    if moment.tzinfo is None:
        raise FieldRefused(f"{shown(value)} has no time zone. {_LIKE}")
    moment = _in_utc(moment)
    if moment <= now:
        raise FieldRefused(f"{moment:%Y-%m-%d %H:%M:%S} UTC is in the past. Choose a time to come.")
    return moment


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise FieldRefused(f"{shown(moment)} is beyond what a calendar holds. {_LIKE}") from None


def read_flag(value: object) -> bool:
    """A program's true or false, or what a checkbox sends."""
    if isinstance(value, bool):
        return value
    if str(value).lower() not in _FLAGS:
        raise FieldRefused(f"{shown(value)} is neither true nor false.")
    return _FLAGS[str(value).lower()]


def _moment_in(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise FieldRefused(f"{shown(text)} is not a time. {_LIKE}") from None


def _more_than_zero(value: object, name: str, *, why: str = "") -> Decimal:
    amount = parse(value)
    if amount <= 0:
        raise FieldRefused(f"The {name} must be more than 0, not {plain(amount)}.{why}")
    return amount


def _check_size(quantity: Decimal, instrument: Instrument) -> None:
    if quantity < instrument.min_size:
        smallest = plain(instrument.min_size)
        raise FieldRefused(f"{plain(quantity)} is too small: {instrument.name} trades from {smallest} up.")
    step = instrument.size_increment
    if step > 0 and not is_multiple(quantity, step):
        nearest = _nearest(quantity, step, least=instrument.min_size)
        raise FieldRefused(
            f"{plain(quantity)} is not a multiple of {plain(step)}, in which {instrument.name} trades. "
            f"The nearest valid: {nearest}."
        )


def _nearest(value: Decimal, step: Decimal, *, least: Decimal) -> str:
    return " and ".join(plain(near) for near in neighbours(value, step) if near >= least and near > 0)
