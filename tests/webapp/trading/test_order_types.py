"""Each type of order with its own terms: taken, told, known again, and refused beside the field that is wrong."""

from __future__ import annotations

import json
from dataclasses import fields as fields_of
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import ORDER_TYPE_RULES, OrderChange, OrderRequest, OrderStatus, OrderType, TimeInForce
from tests.webapp.trading.examples import fields, placed, update
from tests.webapp.trading.kinds import KINDS, NO_LIMIT, UNTIL
from tests.webapp.trading.quoting import quoting
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import orders, terms
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import OrderConflict, OrderInvalid

pytestmark = pytest.mark.django_db

TRAILING = {"order_type": "TRAIL", **NO_LIMIT}


def refused(account: BrokerAccount, **changes: Any) -> dict[str, str]:
    with pytest.raises(OrderInvalid) as refusal:
        placed(account, **changes)
    assert not Order.objects.exists()
    return refusal.value.errors


def test_every_type_of_the_library_is_played() -> None:
    assert set(KINDS) == set(OrderType) == set(ORDER_TYPE_RULES)


def test_terms_have_the_names_of_what_the_library_lets_change() -> None:
    assert set(terms.NAMES) == {field.name for field in fields_of(OrderChange)} - {"client_order_id"}
    assert set(terms.NAMES) < {field.name for field in fields_of(OrderRequest)}


@pytest.mark.parametrize("order_type", KINDS)
def test_an_order_of_each_type_is_taken_and_tells_all_its_terms(
    ready_account: BrokerAccount, aapl: Instrument, order_type: str
) -> None:
    asked = {name: value for name, value in KINDS[order_type].items() if value}
    with quoting():
        order = placed(ready_account, order_type=order_type, **KINDS[order_type])
    order.refresh_from_db()
    body, request = orders.as_body(order), orders.to_request(order)
    assert body == AccountEvent.objects.get().body == json.loads(json.dumps(body))
    assert (body["order_type"], request.order_type) == (order_type, order_type)
    for name in ("limit_price", "stop_price", "trailing_amount", "trailing_percent", "trail_stop_price"):
        wanted = Decimal(asked[name]) if name in asked else None
        assert getattr(request, name) == wanted
        assert body[name] == (None if wanted is None else format(wanted.normalize(), "f"))
    assert body["outside_rth"] is request.outside_rth is ("outside_rth" in asked)
    assert (body["time_in_force"], body["attached_as"]) == (asked.get("time_in_force", "DAY"), None)


def test_an_order_is_good_until_the_second_that_was_asked(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account, time_in_force="GTD", good_till_date=UNTIL.isoformat())
    order.refresh_from_db()
    assert orders.as_body(order)["good_till_date"] == UNTIL.isoformat()
    assert orders.to_request(order).good_till_date == UNTIL


@pytest.mark.parametrize(
    "change",
    [
        {"stop_price": "200.01"},
        {"limit_price": "201.01"},
        {"outside_rth": "on"},
        {"time_in_force": "GTC"},
        {"time_in_force": "GTD", "good_till_date": UNTIL.isoformat()},
        {"order_type": "LIT"},
        {"stop_loss_price": "150.00"},
    ],
)
def test_the_same_ticket_is_the_same_order_and_any_other_term_a_conflict(
    ready_account: BrokerAccount, aapl: Instrument, change: dict[str, str]
) -> None:
    ticket = fields(order_type="STP LMT", **KINDS["STP LMT"])
    first = orders.place(account=ready_account, **ticket)
    again = orders.place(account=ready_account, **{**ticket, "stop_price": "200", "outside_rth": False})
    assert (again.order, again.created) == (first.order, False)
    with pytest.raises(OrderConflict):
        orders.place(account=ready_account, **{**ticket, **change})
    assert OrderCommand.objects.count() == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"order_type": "STP", **NO_LIMIT}, "stop_price", "A stop order needs a stop price."),
    ({"order_type": "STP", "stop_price": "200"}, "limit_price", "A stop order takes no limit price, and got “190.50”"),
    ({"order_type": "STP", **NO_LIMIT, "stop_price": "200.005"}, "stop_price", "The nearest valid: 200.00 and 200.01."),
    ({"order_type": "STP", **NO_LIMIT, "stop_price": "-1"}, "stop_price", "The stop price must be more than 0"),
    ({"order_type": "STP LMT", "stop_price": ""}, "stop_price", "A stop-limit order needs a stop price"),
    ({"stop_price": "200"}, "stop_price", "A limit order takes no stop price, and got “200”. Leave it empty."),
    ({**TRAILING}, "trailing_amount", "needs a trailing amount or a trailing percent"),
    ({**TRAILING, "trailing_amount": "1", "trailing_percent": "2"}, "trailing_percent", "not both: “1” and “2”"),
    ({**TRAILING, "trailing_amount": "0.005"}, "trailing_amount", "The nearest valid: 0 and 0.01."),
    ({**TRAILING, "trailing_percent": "100"}, "trailing_percent", "reaches below zero"),
    ({**TRAILING, "trailing_percent": "1", "trail_stop_price": "1.005"}, "trail_stop_price", "price increment of 0.01"),
    (
        {"order_type": "TRAIL LIMIT", **NO_LIMIT, "trailing_amount": "1"},
        "limit_price_offset",
        "A trailing stop-limit order needs an offset from its stop to its limit.",
    ),
    ({"order_type": "MOC", **NO_LIMIT, "time_in_force": "GTC"}, "time_in_force", "can't have the time in force GTC"),
    (
        {"order_type": "STP", **NO_LIMIT, "stop_price": "200", "time_in_force": "IOC"},
        "time_in_force",
        "It can have DAY or GTC or GTD.",
    ),
    ({"time_in_force": "GTD"}, "good_till_date", "needs the time until which it is good"),
    ({"good_till_date": UNTIL}, "good_till_date", "A time goes with GTD, not with DAY"),
    ({"time_in_force": "GTD", "good_till_date": "2020-01-01T00:00:00Z"}, "good_till_date", "is in the past"),
    ({"time_in_force": "GTD", "good_till_date": "2090-01-01T00:00:00"}, "good_till_date", "has no time zone"),
    ({"time_in_force": "GTD", "good_till_date": "tomorrow"}, "good_till_date", "“tomorrow” is not a time"),
    ({"order_type": "LOC", "outside_rth": True}, "outside_rth", "belongs to regular trading hours"),
    ({"time_in_force": "IOC", "outside_rth": True}, "outside_rth", "An order with IOC can't wait outside"),
    ({"outside_rth": "maybe"}, "outside_rth", "“maybe” is neither true nor false"),
]


@pytest.mark.parametrize(("changes", "field", "says"), WRONG)
def test_a_term_that_its_type_does_not_have_or_lacks_is_said_beside_its_field(
    ready_account: BrokerAccount, aapl: Instrument, changes: dict[str, Any], field: str, says: str
) -> None:
    errors = refused(ready_account, **changes)
    assert list(errors) == [field]
    assert says in errors[field]


def test_a_distance_is_in_steps_of_the_finest_increment(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(price_rules=[{"exchanges": ["SMART"], "increments": [["0", "0.0001"], ["1", "0.01"]]}])
    assert placed(ready_account, **TRAILING, trailing_amount="5.0001").trailing_amount == Decimal("5.0001")


def test_a_word_that_is_no_field_of_a_ticket_is_no_order(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with pytest.raises(TypeError, match="trail_amount"):
        orders.place(account=ready_account, **fields(trail_amount="5"))


def test_an_order_placed_elsewhere_shows_the_terms_that_the_broker_gives(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    said = update(
        order_type="TRAIL LIMIT",
        limit_price=None,
        trailing_percent=Decimal(2),
        limit_price_offset=Decimal("0.10"),
        trail_stop_price=Decimal("195.00"),
        time_in_force="GTD",
        good_till_date=UNTIL,
        outside_rth=True,
    )
    orders.apply_update(account_id=ready_account.pk, update=said)
    body = orders.as_body(orders.of(ready_account.user).get())
    assert (body["order_type"], body["trailing_percent"], body["limit_price_offset"]) == ("TRAIL LIMIT", "2", "0.1")
    assert (body["trail_stop_price"], body["good_till_date"], body["outside_rth"]) == ("195", UNTIL.isoformat(), True)


def test_where_its_stop_stands_by_now_is_the_brokers_word(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account, **TRAILING, trailing_amount="5")
    trails = {"order_type": "TRAIL", "limit_price": None, "trailing_amount": Decimal(5)}
    orders.apply_update(account_id=ready_account.pk, update=update(order, **trails, trail_stop_price=Decimal(195)))
    order.refresh_from_db()
    assert (order.status, order.trailing_amount, order.trail_stop_price) == (OrderStatus.SUBMITTED, 5, 195)


def test_a_moment_may_come_from_a_program_in_any_zone(ready_account: BrokerAccount, aapl: Instrument) -> None:
    later = datetime.now(UTC).astimezone() + timedelta(hours=3, microseconds=5)
    order = placed(ready_account, time_in_force=TimeInForce.GTD, good_till_date=later)
    assert order.good_till_date == later.replace(microsecond=0)
