"""What an order asks for, apart from who asks: the part of it that IB repeats and that a change can alter."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal

from brokers.domain import (
    ORDER_TYPE_RULES,
    PRICE_NAMES,
    OcaType,
    OrderChange,
    OrderRequest,
    OrderSide,
    OrderType,
    TimeInForce,
)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """Named as in OrderRequest. `order_type` and `time_in_force` are IB's words: an order placed elsewhere may have
    one that is not sent from here.
    """

    side: OrderSide
    order_type: str
    quantity: Decimal
    time_in_force: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    good_till_date: datetime | None = None
    outside_rth: bool = False
    oca_group: str = ""
    oca_type: OcaType | None = None


NAMES = tuple(field.name for field in fields(OrderTerms))
_CHANGEABLE = tuple(field.name for field in fields(OrderChange) if field.name != "client_order_id")


def terms_of(request: OrderRequest) -> OrderTerms:
    terms = OrderTerms(**{name: getattr(request, name) for name in NAMES})
    return replace(terms, order_type=str(request.order_type), time_in_force=str(request.time_in_force))


def changed(terms: OrderTerms, change: OrderChange) -> OrderTerms:
    """One way of trailing replaces the other, and a time in force other than GTD ends with its date."""
    new = {name: value for name in _CHANGEABLE if (value := getattr(change, name)) is not None}
    if change.trailing_amount is not None and change.trailing_percent is None:
        new["trailing_percent"] = None
    if change.trailing_percent is not None and change.trailing_amount is None:
        new["trailing_amount"] = None
    if change.time_in_force not in (None, TimeInForce.GTD) and change.good_till_date is None:
        new["good_till_date"] = None
    return replace(terms, **new)


# Keyed by IB's words, since an order placed elsewhere may be of a type that the table doesn't know.
NEEDED: dict[str, frozenset[str]] = {kind.value: frozenset(rules.needed) for kind, rules in ORDER_TYPE_RULES.items()}
# An order of these trails by one of TRAILING.
TRAILS = frozenset(kind.value for kind, rules in ORDER_TYPE_RULES.items() if rules.one_of)
TRAILING = frozenset(name for rules in ORDER_TYPE_RULES.values() for name in rules.one_of)
PRICES = frozenset(PRICE_NAMES)


def allowed(order_type: str) -> frozenset[str]:
    """The prices that an order of this type may have; all of them for a type that is not sent from here."""
    return frozenset(ORDER_TYPE_RULES[OrderType(order_type)].prices) if order_type in NEEDED else PRICES
