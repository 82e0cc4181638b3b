"""What an order must be before a byte of it leaves. A refusal says what is wrong, with which value, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from brokers.domain import (
    BRIEF,
    DISTANCES,
    ORDER_TYPE_RULES,
    PRICE_NAMES,
    PRICES_ON_THE_SCALE,
    Instrument,
    OrderRequest,
    OrderType,
    OrderTypeRules,
    SecurityType,
    TimeInForce,
    trades_below_zero,
)
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.orders.terms import NEEDED, PRICES, TRAILING, TRAILS, OrderTerms, allowed
from brokers.refusals import OrderRefused

_OF_ANY_SIGN = (*PRICES_ON_THE_SCALE, "limit_price_offset")
# No float carries a cent of it, and nothing costs or counts as much.
_BEYOND_SENSE = 10**15

_NOT_ORDERABLE = {
    SecurityType.IND: "An index is a number and has no counterparty; order a future or a fund on it instead.",
    SecurityType.CONTFUT: "A continuous future is a series of prices; order the future of one month instead.",
}


def require_sound(request: OrderRequest) -> None:
    """Raises OrderRefused when the order doesn't say whose it is, or says it in what can't be sent."""
    if not request.client_order_id or not request.account_code:
        raise OrderRefused("An order needs a client order id and an account.")
    texts = (request.client_order_id, request.account_code, request.oca_group, request.parent_client_order_id)
    bad = convert.unsendable(texts)
    if bad is not None:
        raise OrderRefused(f"{bad!r} holds a control character, which can't be sent to IB.")
    if request.parent_client_order_id == request.client_order_id:
        raise OrderRefused(f"The order {request.client_order_id} can't be attached to itself.")


def require_account(account_code: str, *, known: Collection[str]) -> None:
    """Raises OrderRefused for an account that isn't behind the login. `known` is empty while nobody knows them."""
    if known and account_code not in known:
        raise OrderRefused(f"This login has no account {account_code}; it has {', '.join(known)}.")


def require_decimals(terms: OrderTerms | OrderRequest) -> None:
    """Raises OrderRefused for a number of another kind: a float isn't quite what was written."""
    for field in ("quantity", *sorted(PRICES)):
        value = getattr(terms, field)
        if not isinstance(value, Decimal) and (value is not None or field == "quantity"):
            raise OrderRefused(f"The order's {field} is {value!r}; it has to be a Decimal, as in Decimal('150.10').")


def require_sound_terms(terms: OrderTerms, *, now: datetime) -> None:
    """Raises OrderRefused when the terms contradict each other or can't be sent. `now` is aware."""
    if terms.order_type not in NEEDED:
        raise OrderRefused(f"Orders of type {terms.order_type} are not sent from here; {', '.join(NEEDED)} are.")
    require_decimals(terms)
    _require_number(terms.quantity, "quantity")
    _require_prices(terms)
    _require_trailing(terms)
    _require_time_in_force(terms)
    _require_date(terms, now=now)
    _require_hours(terms)
    _require_group(terms)


def _require_prices(terms: OrderTerms) -> None:
    for field in sorted(NEEDED[terms.order_type]):
        if getattr(terms, field) is None:
            raise OrderRefused(f"An order of type {terms.order_type} needs {_with_article(field)}.")
    for field in sorted(PRICES):
        value = getattr(terms, field)
        if value is None:
            continue
        if field not in allowed(terms.order_type):
            raise OrderRefused(f"An order of type {terms.order_type} has no {PRICE_NAMES[field]}; {value} was given.")
        _require_number(value, PRICE_NAMES[field], any_sign=field in _OF_ANY_SIGN)


def _with_article(field: str) -> str:
    return f"{'an' if PRICE_NAMES[field][0] in 'aeiou' else 'a'} {PRICE_NAMES[field]}"


def _require_number(value: Decimal, name: str, *, any_sign: bool = False) -> None:
    if not value.is_finite() or (value <= 0 and not any_sign):
        which = "a number" if any_sign else "a number above zero"
        raise OrderRefused(f"A {name} of {value} can't be sent; it has to be {which}.")
    if abs(value) >= _BEYOND_SENSE:
        raise OrderRefused(f"A {name} of {value} can't be meant; IB takes none of {_BEYOND_SENSE} or more.")
    try:
        convert.to_float(value)
    except ValueError as error:
        raise OrderRefused(f"The {name} can't be sent: {error}.") from error


def _require_trailing(terms: OrderTerms) -> None:
    if terms.order_type not in TRAILS:
        return
    given = [field for field in sorted(TRAILING) if getattr(terms, field) is not None]
    if len(given) != 1:
        how = "both were" if given else "neither was"
        raise OrderRefused(f"A trailing order trails by an amount or by a percentage, not by both; {how} given.")
    if terms.trailing_percent is not None and terms.trailing_percent >= 100:
        raise OrderRefused(
            f"A trailing percent of {terms.trailing_percent} reaches below zero; it has to be under 100."
        )


def _require_time_in_force(terms: OrderTerms) -> None:
    fitting = _rules(terms).times_in_force
    if terms.time_in_force not in fitting:
        choices = ", ".join(fitting)
        raise OrderRefused(
            f"An order of type {terms.order_type} can't have the time in force {terms.time_in_force}; "
            f"it can have {choices}."
        )


def _require_date(terms: OrderTerms, *, now: datetime) -> None:
    moment, is_dated = terms.good_till_date, terms.time_in_force == TimeInForce.GTD
    if moment is None:
        if is_dated:
            raise OrderRefused("A time in force of GTD needs the date until which the order is good.")
        return
    if not is_dated:
        raise OrderRefused(f"A date until which the order is good goes with GTD, not with {terms.time_in_force}.")
    if moment.tzinfo is None:
        raise OrderRefused(f"The date {moment} has no time zone; give one, such as UTC.")
    if moment.replace(microsecond=0) <= now:
        raise OrderRefused(f"The date {moment:%Y-%m-%d %H:%M:%S %Z} is in the past; an order needs one to come.")


def _require_hours(terms: OrderTerms) -> None:
    if not terms.outside_rth:
        return
    if not _rules(terms).may_leave_regular_hours or terms.time_in_force in BRIEF:
        raise OrderRefused(
            f"An order of type {terms.order_type} with {terms.time_in_force} "
            "can't also work outside regular trading hours."
        )


def _rules(terms: OrderTerms) -> OrderTypeRules:
    return ORDER_TYPE_RULES[OrderType(terms.order_type)]


def _require_group(terms: OrderTerms) -> None:
    if bool(terms.oca_group) is not (terms.oca_type is not None):
        raise OrderRefused("An OCA group needs its type, and the type its group: give both or neither.")


def require_fitting(terms: OrderTerms, instrument: Instrument, *, now: datetime) -> None:
    """Raises OrderRefused when the order doesn't fit what is ordered: its kind, its size, its price increments."""
    if instrument.security_type in _NOT_ORDERABLE:
        raise OrderRefused(_NOT_ORDERABLE[instrument.security_type])
    # Over everywhere on earth: the exchange's own midnight is not known here.
    if instrument.expiry is not None and instrument.expiry < (now.astimezone(UTC) - timedelta(days=1)).date():
        raise OrderRefused(f"{instrument.display_symbol} expired on {instrument.expiry}, so it can't be ordered.")
    _require_size(terms.quantity, instrument)
    for field in PRICES_ON_THE_SCALE:
        value = getattr(terms, field)
        if value is not None:
            _require_price(value, PRICE_NAMES[field], instrument)
    for field in DISTANCES:
        value = getattr(terms, field)
        if value is not None:
            _require_distance(value, PRICE_NAMES[field], instrument)


def _require_size(quantity: Decimal, instrument: Instrument) -> None:
    if quantity < instrument.min_size:
        raise OrderRefused(
            f"A quantity of {quantity} is too small; the least of {instrument.display_symbol} is {instrument.min_size}."
        )
    if quantity % instrument.size_increment:
        below, above = _around(quantity, instrument.size_increment)
        raise OrderRefused(
            f"A quantity of {quantity} is off the increment of {instrument.size_increment}; "
            f"the nearest right ones are {below} and {above}."
        )


def _require_price(price: Decimal, name: str, instrument: Instrument) -> None:
    if price <= 0 and not trades_below_zero(instrument.security_type):
        raise OrderRefused(f"A {name} of {price} can't be meant; it has to be a number above zero.")
    if not _has_rule(instrument):
        return
    increment = instrument.increment_at(price)
    if price % increment:
        nearest = " and ".join(str(one) for one in right_prices(price, instrument))
        raise OrderRefused(
            f"A {name} of {price} is off the increment of {increment} on {instrument.exchange}; "
            f"the nearest right ones are {nearest}."
        )


def right_prices(price: Decimal, instrument: Instrument) -> tuple[Decimal, Decimal]:
    """The nearest prices below and above that an order may have on the instrument's own exchange.

    Each is rounded again by its own step, which at the edge of a rule isn't the one of `price`.
    """
    below, above = _around(price, instrument.increment_at(price))
    return _around(below, instrument.increment_at(below))[0], _around(above, instrument.increment_at(above))[1]


def _around(value: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """The nearest multiples at or below, and at or above, written with the step's decimals."""
    times, rest = divmod(value, step)  # both towards zero
    if rest < 0:
        times -= 1
    return times * step, (times + 1 if rest else times) * step


def _require_distance(distance: Decimal, name: str, instrument: Instrument) -> None:
    """A distance has no place on the scale: what it leads to can only be right in steps of the finest increment."""
    if not _has_rule(instrument):
        return
    finest = min(_increments(instrument))
    if distance % finest:
        raise OrderRefused(f"A {name} of {distance} is off the increment of {finest}.")


def _has_rule(instrument: Instrument) -> bool:
    """Without one, IB judges the price: what an instrument calls its increment is then no more than the finest."""
    return any(_increments(instrument))


def _increments(instrument: Instrument) -> Iterator[Decimal]:
    rules = (rule for rule in instrument.price_rules if instrument.exchange in rule.exchanges)
    return (step.increment for rule in rules for step in rule.increments)
