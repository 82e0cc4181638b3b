"""The ways out that a ticket attaches to its order: a take profit and a stop loss, each an order of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from brokers.domain import LASTING, ORDER_TYPE_RULES, OrderSide, OrderType, TimeInForce
from webapp.trading import price_steps
from webapp.trading.amounts import plain
from webapp.trading.models import Instrument, Order
from webapp.trading.orders.checks import Findings, is_given, read_price
from webapp.trading.terms import Terms

_TAKE_PROFIT, _STOP_LOSS = "take_profit_price", "stop_loss_price"
_WORDS = {_TAKE_PROFIT: "take profit", _STOP_LOSS: "stop loss"}


@dataclass(frozen=True, slots=True)
class Exit:
    """An order of the other side that works once its entry is filled."""

    attached_as: Order.AttachedAs
    order_type: OrderType
    terms: Terms


@dataclass(frozen=True, slots=True)
class Entry:
    """What the exits are attached to, as far as it could be read."""

    side: OrderSide | None
    order_type: OrderType | None
    instrument: Instrument | None
    terms: Terms | None

    @property
    def price(self) -> Decimal | None:
        """Where it is expected to trade; None where the market says."""
        if self.terms is None:
            return None
        return self.terms.limit_price if self.terms.limit_price is not None else self.terms.stop_price

    def shown(self, price: Decimal) -> str:
        return plain(price) if self.instrument is None else price_steps.in_words(self.instrument, price)


def read_exits(given: Mapping[str, object], entry: Entry, findings: Findings) -> tuple[Exit, ...]:
    """Those whose price is given; none when something is wrong, which `findings` says then."""
    prices = {
        field: findings.read(field, partial(read_price, value, words, entry.instrument))
        for field, words in _WORDS.items()
        if is_given(value := given.get(field))
    }
    if not prices:
        return ()
    _check_type(next(iter(prices)), entry, findings)
    _check_places(prices, entry, findings)
    if findings.errors or entry.terms is None:
        return ()
    return tuple(_exit(field, price, entry.terms) for field, price in prices.items() if price is not None)


def _check_type(field: str, entry: Entry, findings: Findings) -> None:
    if entry.order_type in (OrderType.MOC, OrderType.LOC):
        name = ORDER_TYPE_RULES[entry.order_type].name
        findings.errors[field] = (
            f"A {name} trades when the day is over, so nothing can be attached to it. Leave this empty, and place the "
            "way out once it is filled."
        )


def _check_places(prices: Mapping[str, Decimal | None], entry: Entry, findings: Findings) -> None:
    """The profit lies on one side of the entry's price and the loss on the other."""
    if entry.side is None:
        return
    take_profit, stop_loss = prices.get(_TAKE_PROFIT), prices.get(_STOP_LOSS)
    above, below = ("above", "below")[:: entry.side.sign]
    _check_place(_TAKE_PROFIT, take_profit, (entry.price, "own price"), above, entry, findings)
    _check_place(_STOP_LOSS, stop_loss, (entry.price, "own price"), below, entry, findings)
    if not _WORDS.keys() & findings.errors.keys():
        _check_place(_TAKE_PROFIT, take_profit, (stop_loss, "stop loss"), above, entry, findings)


def _check_place(
    field: str,
    price: Decimal | None,
    than: tuple[Decimal | None, str],
    where: str,
    entry: Entry,
    findings: Findings,
) -> None:
    other, name = than
    if price is None or other is None or (price > other if where == "above" else price < other):
        return
    verb = "buy" if entry.side is OrderSide.BUY else "sale"
    findings.errors[field] = (
        f"The {_WORDS[field]} of a {verb} lies {where} its {name} of {entry.shown(other)}, not at {entry.shown(price)}."
    )


def _exit(field: str, price: Decimal, entry: Terms) -> Exit:
    """For as long as the entry may work. Of an entry that ends at once, for the day."""
    lasts = entry.time_in_force in LASTING
    terms = Terms(
        quantity=entry.quantity,
        time_in_force=entry.time_in_force if lasts else TimeInForce.DAY.value,
        good_till_date=entry.good_till_date,
        outside_rth=entry.outside_rth,
    )
    if field == _TAKE_PROFIT:
        return Exit(Order.AttachedAs.TAKE_PROFIT, OrderType.LMT, replace(terms, limit_price=price))
    return Exit(Order.AttachedAs.STOP_LOSS, OrderType.STP, replace(terms, stop_price=price))
