"""An order of every type on its whole way, as the account's gateway saw it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import OrderStatus
from tests.webapp.trading.kinds import KINDS, UNTIL
from tests.workers.conftest import Place, eventually
from tests.workers.trading import RESTING, becomes, command_of, place_order, sent
from webapp.accounts.models import BrokerAccount
from webapp.trading import limits, orders
from webapp.trading.models import Order, OrderCommand

pytestmark = pytest.mark.django_db(transaction=True)

# Where IB's message carries each term: https://interactivebrokers.github.io/tws-api/classIBApi_1_1Order.html.
FIELDS = {
    "limit_price": "lmtPrice",
    "stop_price": "auxPrice",
    "trailing_amount": "auxPrice",
    "trailing_percent": "trailingPercent",
    "trail_stop_price": "trailStopPrice",
    "limit_price_offset": "lmtPriceOffset",
}


def test_an_order_of_each_type_reaches_the_broker_with_its_terms(place: Place, trading: BrokerAccount) -> None:
    limits.set_limits(account=trading, fresh_quote=False)
    placed = {kind: place_order(trading, side="BUY", order_type=kind, quantity="1", **KINDS[kind]) for kind in KINDS}
    for kind, order in placed.items():
        eventually(lambda order=order: _status(order) not in ("PENDING", "UNKNOWN"), f"the broker's word on {kind}")
        assert _status(order) != OrderStatus.REJECTED, order.reason
        (row,) = sent(place, trading, order)
        asked = {name: value for name, value in KINDS[kind].items() if value}
        assert (row["order_type"], row["time_in_force"]) == (kind, asked.get("time_in_force", "DAY"))
        terms = row["message"]["terms"]
        assert terms["outsideRth"] == ("1" if "outside_rth" in asked else "0")
        for name in FIELDS.keys() & asked.keys():
            assert Decimal(terms[FIELDS[name]]) == Decimal(asked[name])


def test_an_order_is_good_until_its_date_and_then_as_it_is_changed(place: Place, trading: BrokerAccount) -> None:
    order = place_order(trading, **RESTING, time_in_force="GTD", good_till_date=UNTIL)
    acknowledged(order)
    assert order.good_till_date == UNTIL
    orders.modify(account=trading, client_order_id=str(order.client_order_id), time_in_force="GTC", outside_rth=True)
    eventually(lambda: _fresh(order).time_in_force == "GTC", "the broker's word on the change")
    assert (order.good_till_date, order.outside_rth) == (None, True)
    assert command_of(order, OrderCommand.Verb.MODIFY).state == OrderCommand.State.SENT
    assert [row["event"] for row in sent(place, trading, order)] == ["new", "modify"]


@pytest.mark.parametrize(
    ("terms", "change"),
    [
        ({"order_type": "STP", "stop_price": "250.00"}, {"stop_price": "251.00"}),
        ({"order_type": "STP LMT", "stop_price": "250.00", "limit_price": "252.00"}, {"limit_price": "253.00"}),
        ({"order_type": "TRAIL", "trailing_amount": "50.00"}, {"trailing_percent": "25"}),
    ],
)
def test_what_wakes_an_order_can_be_changed(
    trading: BrokerAccount, terms: dict[str, str], change: dict[str, str]
) -> None:
    order = place_order(trading, side="BUY", quantity="1", **terms)
    acknowledged(order)
    orders.modify(account=trading, client_order_id=str(order.client_order_id), **change)
    ((name, value),) = change.items()
    eventually(lambda: getattr(_fresh(order), name) == Decimal(value), "the broker's word on the change")
    eventually(lambda: orders.as_body(orders.of(trading.user).get())["can_modify"], "it can be changed again")


def acknowledged(order: Order) -> None:
    becomes(order, OrderStatus.SUBMITTED)
    eventually(lambda: _fresh(order).ib_status in ("Submitted", "PreSubmitted"), "IB's own word")


def _fresh(order: Order) -> Any:
    order.refresh_from_db()
    return order


def _status(order: Order) -> str:
    return str(_fresh(order).status)
