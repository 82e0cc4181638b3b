from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokers.domain import Attempt
from tests.webapp.trading.examples import AAPL, lease, placed, update
from tests.webapp.trading.kinds import UNTIL
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import commands, limits, orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import LimitExceeded, OrderInvalid, OrderNotOpen, SessionNotReady, to_change

pytestmark = pytest.mark.django_db


@pytest.fixture
def resting(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """An order of alice's that the broker works."""
    order = placed(ready_account)
    OrderCommand.objects.update(state="SENT", fence=1, ended_at=timezone.now())
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    order.refresh_from_db()
    return order


def modify(order: Order, **terms: Any) -> OrderCommand:
    return orders.modify(account=order.account, client_order_id=str(order.client_order_id), **terms)


def sent(command: OrderCommand) -> OrderCommand:
    OrderCommand.objects.filter(pk=command.pk).update(state="SENT", fence=1, ended_at=timezone.now())
    command.refresh_from_db()
    return command


def said(order: Order, **changes: Any) -> None:
    orders.apply_update(account_id=order.account_id, update=update(order, **changes))
    order.refresh_from_db()


def test_a_change_is_a_command_and_an_event_and_leaves_the_order_its_terms(resting: Order) -> None:
    command = modify(resting, limit_price="190.40")
    resting.refresh_from_db()
    assert (command.verb, command.state) == ("MODIFY", "PENDING")
    assert (command.quantity, command.limit_price) == (None, Decimal("190.40"))
    assert resting.limit_price == Decimal("190.50")
    body = AccountEvent.objects.latest("number").body
    assert (body["change_requested"], body["can_modify"]) == (True, False)


def test_the_node_is_told_what_differs_alone(resting: Order) -> None:
    change = to_change(modify(resting, quantity="20"))
    assert (change.quantity, change.limit_price) == (20, None)


def test_the_order_takes_its_new_terms_from_the_broker(resting: Order) -> None:
    sent(modify(resting, limit_price="190.40"))
    said(resting, limit_price=Decimal("190.40"))
    assert resting.limit_price == Decimal("190.40")
    assert AccountEvent.objects.latest("number").body["can_modify"] is True


def test_the_ticket_that_was_changed_since_is_still_the_same_ticket(resting: Order) -> None:
    sent(modify(resting, limit_price="190.40"))
    said(resting, limit_price=Decimal("190.40"))
    again = orders.place(
        account=resting.account,
        client_order_id=str(resting.client_order_id),
        con_id=str(AAPL),
        side="BUY",
        order_type="LMT",
        quantity="10",
        limit_price="190.50",
    )
    assert (again.order, again.created) == (resting, False)


def test_a_change_that_the_broker_refuses_leaves_the_order_alive_with_its_reason(resting: Order) -> None:
    command = sent(modify(resting, limit_price="190.40"))
    said(resting, reason="The price does not conform (IB 110)", reason_code=110, refused=Attempt.CHANGE)
    command.refresh_from_db()
    assert (command.state, resting.status, resting.limit_price) == ("REFUSED", "SUBMITTED", Decimal("190.50"))
    assert "IB 110" in command.reason
    assert "IB 110" in resting.reason


def test_the_same_change_again_is_the_same_command_and_another_one_waits_its_turn(resting: Order) -> None:
    command = modify(resting, limit_price="190.40")
    assert modify(resting, limit_price="190.40") == command
    with pytest.raises(OrderNotOpen, match="Another change"):
        modify(resting, limit_price="190.30")


def test_a_change_that_the_broker_never_answered_can_be_asked_for_again(resting: Order) -> None:
    command = sent(modify(resting, limit_price="190.40"))
    OrderCommand.objects.filter(pk=command.pk).update(ended_at=timezone.now() - timedelta(seconds=11))
    assert modify(resting, limit_price="190.40") != command


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "3"}, "quantity"),
        ({"limit_price": "190.405"}, "limit_price"),
        ({"limit_price": "-1"}, "limit_price"),
        ({"quantity": "10", "limit_price": "190.50"}, "quantity"),
        ({}, "quantity"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused_beside_their_field(
    resting: Order, terms: dict[str, str], field: str
) -> None:
    said(resting, filled_quantity=Decimal(3))
    with pytest.raises(OrderInvalid) as invalid:
        modify(resting, **terms)
    assert list(invalid.value.errors) == [field]


@pytest.mark.parametrize("status", ["PENDING", "UNKNOWN", "FILLED", "CANCELLED", "REJECTED"])
def test_only_an_order_that_the_broker_works_can_be_changed(resting: Order, status: str) -> None:
    Order.objects.update(status=status)
    with pytest.raises(OrderNotOpen, match=status.lower()):
        modify(resting, limit_price="190.40")


def test_a_change_is_judged_by_the_accounts_limits(resting: Order) -> None:
    limits.set_limits(account=resting.account, max_quantity="15")
    modify(resting, quantity="15")
    OrderCommand.objects.filter(verb="MODIFY").delete()
    with pytest.raises(LimitExceeded):
        modify(resting, quantity="16")


def test_a_change_needs_a_session_that_takes_orders(resting: Order) -> None:
    GatewaySession.objects.update(state="SYNCING")
    with pytest.raises(SessionNotReady):
        modify(resting, limit_price="190.40")


def test_a_change_that_waited_too_long_is_refused_and_the_order_lives_on(resting: Order) -> None:
    modify(resting, limit_price="190.40")
    OrderCommand.objects.filter(verb="MODIFY").update(created_at=timezone.now() - timedelta(seconds=4))
    assert commands.refuse_overdue() == 1
    resting.refresh_from_db()
    assert (resting.status, OrderCommand.objects.get(verb="MODIFY").state) == ("SUBMITTED", "REFUSED")


@pytest.mark.parametrize(("arrived", "state"), [(True, "SENT"), (False, "UNKNOWN")])
def test_a_change_whose_worker_was_lost_shows_in_the_orders_terms(resting: Order, arrived: bool, state: str) -> None:
    lease(resting.account)
    command = modify(resting, limit_price="190.40")
    commands.claim_next(account_id=resting.account_id, worker="worker-1", fence=1)
    if arrived:
        said(resting, limit_price=Decimal("190.40"))
    lease(resting.account, worker="worker-2", fence=2)
    commands.resolve_interrupted(account_id=resting.account_id, seen_order_refs=[str(resting.client_order_id)])
    command.refresh_from_db()
    resting.refresh_from_db()
    assert (command.state, resting.status) == (state, "SUBMITTED")


def resting_as(account: BrokerAccount, order_type: str, **terms: Any) -> Order:
    order = placed(account, order_type=order_type, **{"limit_price": "", **terms})
    OrderCommand.objects.update(state="SENT", fence=1, ended_at=timezone.now())
    said(order, **as_the_broker_says(order))
    return order


def as_the_broker_says(order: Order) -> dict[str, Any]:
    names = ("order_type", "limit_price", "stop_price", "trailing_amount", "trailing_percent", "time_in_force")
    order.refresh_from_db()
    return {name: getattr(order, name) for name in (*names, "good_till_date", "outside_rth", "limit_price_offset")}


def test_a_stop_price_can_be_changed(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = resting_as(ready_account, "STP LMT", stop_price="200", limit_price="201")
    command = modify(order, stop_price="200.50")
    change = to_change(command)
    assert (change.stop_price, change.limit_price, change.quantity) == (Decimal("200.50"), None, None)
    said(order, **{**as_the_broker_says(order), "stop_price": Decimal("200.50")})
    assert orders.as_body(orders.of(ready_account.user).get())["change_requested"] is False


def test_one_way_of_trailing_takes_the_place_of_the_other(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = resting_as(ready_account, "TRAIL", trailing_amount="5")
    change = to_change(modify(order, trailing_percent="2"))
    assert (change.trailing_percent, change.trailing_amount) == (2, None)
    said(order, **{**as_the_broker_says(order), "trailing_amount": None, "trailing_percent": Decimal(2)})
    assert (order.trailing_amount, order.trailing_percent) == (None, 2)


def test_a_date_ends_with_its_time_in_force(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = resting_as(ready_account, "LMT", limit_price="180", time_in_force="GTD", good_till_date=UNTIL)
    change = to_change(modify(order, time_in_force="GTC", outside_rth="on"))
    assert (change.time_in_force, change.good_till_date, change.outside_rth) == ("GTC", None, True)
    said(order, **{**as_the_broker_says(order), "time_in_force": "GTC", "good_till_date": None, "outside_rth": True})
    assert (order.time_in_force, order.good_till_date, order.outside_rth) == ("GTC", None, True)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"limit_price": "200"}, "limit_price"),
        ({"stop_price": "200.005"}, "stop_price"),
        ({"time_in_force": "IOC"}, "time_in_force"),
        ({"time_in_force": "GTD"}, "good_till_date"),
    ],
)
def test_a_change_is_judged_by_the_rules_of_the_orders_type(
    ready_account: BrokerAccount, aapl: Instrument, terms: dict[str, str], field: str
) -> None:
    order = resting_as(ready_account, "STP", stop_price="200")
    with pytest.raises(OrderInvalid) as invalid:
        modify(order, **terms)
    assert list(invalid.value.errors) == [field]


def test_a_price_that_the_broker_gave_an_order_is_no_obstacle_to_its_change(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    limits.set_limits(account=ready_account, fresh_quote=False)
    order = resting_as(ready_account, "MTL")
    said(order, **{**as_the_broker_says(order), "limit_price": Decimal("190.10")})
    assert order.limit_price == Decimal("190.10")
    change = to_change(modify(order, quantity="20"))
    assert (change.quantity, change.limit_price) == (20, None)


def test_a_word_that_is_no_term_of_an_order_changes_nothing(resting: Order) -> None:
    with pytest.raises(TypeError, match="trail_amount"):
        modify(resting, trail_amount="5")
