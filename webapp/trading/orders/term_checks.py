"""The terms of an order, judged by the rules of its type: `brokers.domain.ORDER_TYPE_RULES`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.utils import timezone

from brokers.domain import (
    BRIEF,
    ORDER_TYPE_RULES,
    PRICE_NAMES,
    PRICES_ON_THE_SCALE,
    OrderType,
    OrderTypeRules,
    TimeInForce,
)
from webapp.trading.amounts import plain, shown
from webapp.trading.models import Instrument
from webapp.trading.orders.checks import (
    FieldRefused,
    Findings,
    is_given,
    read_choice,
    read_distance,
    read_flag,
    read_moment,
    read_percent,
    read_price,
    read_quantity,
)
from webapp.trading.terms import Terms


@dataclass(frozen=True, slots=True)
class TermFields:
    """An order's terms as they came, by their names in `Terms`. The type and the instrument are None where unknown.

    A date has to lie after `as_of`; without it, after now.
    """

    given: Mapping[str, object]
    order_type: OrderType | None
    instrument: Instrument | None
    as_of: datetime | None = None

    def read(self, findings: Findings) -> Terms | None:
        """None when something is wrong, which `findings` says then."""
        quantity = findings.read("quantity", lambda: read_quantity(self.given.get("quantity"), self.instrument))
        prices = {name: findings.read(name, partial(self._price, name)) for name in PRICE_NAMES}
        self._check_trailing(findings)
        time_in_force = findings.read("time_in_force", self._time_in_force)
        good_till_date = findings.read("good_till_date", lambda: self._good_till_date(time_in_force))
        outside_rth = findings.read("outside_rth", lambda: self._outside_rth(time_in_force))
        if findings.errors or quantity is None or time_in_force is None:
            return None
        return Terms(
            quantity=quantity,
            time_in_force=time_in_force.value,
            good_till_date=good_till_date,
            outside_rth=bool(outside_rth),
            **prices,
        )

    @property
    def _rules(self) -> OrderTypeRules | None:
        return ORDER_TYPE_RULES[self.order_type] if self.order_type is not None else None

    def _is_given(self, name: str) -> bool:
        return is_given(self.given.get(name))

    def _price(self, name: str) -> Decimal | None:
        rules = self._rules
        if not self._is_given(name):
            if rules is not None and name in rules.needed:
                raise FieldRefused(f"A {rules.name} needs {_with_article(PRICE_NAMES[name])}.")
            return None
        if rules is not None and name not in rules.prices:
            got = shown(self.given[name])
            raise FieldRefused(f"A {rules.name} takes no {PRICE_NAMES[name]}, and got {got}. Leave it empty.")
        return self._read_price(name)

    def _read_price(self, name: str) -> Decimal:
        value, words = self.given[name], PRICE_NAMES[name]
        if name in PRICES_ON_THE_SCALE:
            return read_price(value, words, self.instrument)
        if name == "trailing_percent":
            return read_percent(value, words)
        return read_distance(value, words, self.instrument, any_sign=name == "limit_price_offset")

    def _check_trailing(self, findings: Findings) -> None:
        """Of the ways to trail, one."""
        rules = self._rules
        if rules is None or not rules.one_of:
            return
        given = [name for name in rules.one_of if self._is_given(name)]
        names = " or a ".join(PRICE_NAMES[name] for name in rules.one_of)
        if not given:
            findings.errors[rules.one_of[0]] = f"A {rules.name} needs a {names}."
        elif len(given) > 1:
            values = " and ".join(shown(self.given[name]) for name in given)
            findings.errors[given[-1]] = f"A {rules.name} takes a {names}, not both: {values}. Leave one empty."

    def _time_in_force(self) -> TimeInForce:
        value, rules = self.given.get("time_in_force"), self._rules
        time_in_force = read_choice(TimeInForce, value, "time in force")
        if rules is not None and time_in_force not in rules.times_in_force:
            choices = " or ".join(rules.times_in_force)
            raise FieldRefused(f"A {rules.name} can't have the time in force {time_in_force}. It can have {choices}.")
        return time_in_force

    def _good_till_date(self, time_in_force: TimeInForce | None) -> datetime | None:
        value, is_dated = self.given.get("good_till_date"), time_in_force is TimeInForce.GTD
        if not self._is_given("good_till_date"):
            if is_dated:
                raise FieldRefused("An order with GTD needs the time until which it is good.")
            return None
        if time_in_force is not None and not is_dated:
            raise FieldRefused(
                f"A time goes with GTD, not with {time_in_force}. Choose GTD, or leave {shown(value)} out."
            )
        return read_moment(value, now=self.as_of or timezone.now())

    def _outside_rth(self, time_in_force: TimeInForce | None) -> bool:
        rules = self._rules
        if not self._is_given("outside_rth") or not read_flag(self.given["outside_rth"]):
            return False
        if rules is not None and not rules.may_leave_regular_hours:
            raise FieldRefused(f"A {rules.name} belongs to regular trading hours. Take the tick away.")
        if time_in_force in BRIEF:
            raise FieldRefused(f"An order with {time_in_force} can't wait outside regular trading hours, too.")
        return True


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def require_more_than_filled(quantity: Decimal, filled: Decimal) -> None:
    if quantity <= filled:
        raise FieldRefused(
            f"{plain(filled)} are filled already, so the quantity must be more than that, not {plain(quantity)}. "
            "To stop the rest, cancel the order."
        )
