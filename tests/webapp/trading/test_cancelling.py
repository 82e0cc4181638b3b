from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from brokers.domain import Attempt, OrderStatus, SessionState
from tests.webapp.trading.examples import lease, placed, update
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import commands, orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import OrderNotOpen, SessionNotReady

pytestmark = pytest.mark.django_db


@pytest.fixture
def resting(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """An order of alice's that the broker has taken."""
    order = placed(ready_account)
    OrderCommand.objects.update(state="SENT", fence=1, ended_at=timezone.now())
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    order.refresh_from_db()
    return order


def cancel(order: Order) -> OrderCommand:
    assert order.client_order_id is not None
    return orders.cancel(account=order.account, client_order_id=order.client_order_id)


def cancels() -> list[str]:
    return list(OrderCommand.objects.filter(verb="CANCEL").values_list("state", flat=True))


def test_a_cancel_is_a_command_and_an_event(resting: Order) -> None:
    command = cancel(resting)
    assert (command.verb, command.state, command.order) == ("CANCEL", "PENDING", resting)
    body = AccountEvent.objects.latest("number").body
    assert (body["status"], body["cancel_requested"], body["can_cancel"]) == ("SUBMITTED", True, False)


def test_a_second_cancel_is_the_first_one(resting: Order) -> None:
    assert cancel(resting) == cancel(resting)
    assert cancels() == ["PENDING"]


@pytest.mark.django_db(transaction=True)
def test_racing_cancels_are_one_command(resting: Order) -> None:
    race(lambda: cancel(resting), times=6)
    assert cancels() == ["PENDING"]


def test_a_cancel_that_has_just_been_sent_is_not_sent_again(resting: Order) -> None:
    cancel(resting)
    OrderCommand.objects.filter(verb="CANCEL").update(state="SENT", ended_at=timezone.now())
    cancel(resting)
    assert cancels() == ["SENT"]


def test_a_cancel_that_the_broker_never_answered_may_be_asked_again(resting: Order) -> None:
    cancel(resting)
    OrderCommand.objects.filter(verb="CANCEL").update(state="SENT", ended_at=timezone.now() - timedelta(seconds=11))
    assert orders.as_body(orders.of(resting.account.user).get())["can_cancel"]
    cancel(resting)
    assert cancels() == ["SENT", "PENDING"]


def test_a_cancel_that_the_broker_refused_may_be_asked_again(resting: Order) -> None:
    cancel(resting)
    OrderCommand.objects.filter(verb="CANCEL").update(state="SENT", ended_at=timezone.now())
    refused = update(resting, reason="Not cancellable (IB 10148)", reason_code=10148, refused=Attempt.CANCEL)
    orders.apply_update(account_id=resting.account_id, update=refused)
    body = AccountEvent.objects.latest("number").body
    assert (body["cancel_requested"], body["can_cancel"], body["reason"]) == (False, True, "Not cancellable (IB 10148)")
    assert cancels() == ["REFUSED"]


def test_an_order_that_has_not_left_is_withdrawn_at_once(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    command = cancel(order)
    order.refresh_from_db()
    assert (order.status, order.ib_status) == ("CANCELLED", "")
    assert "before it was sent" in order.reason
    assert command.state == "REFUSED"
    assert not OrderCommand.objects.filter(state="PENDING").exists()
    assert AccountEvent.objects.latest("number").body["status"] == "CANCELLED"


def test_an_order_that_has_not_left_is_withdrawn_while_the_session_is_away(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    order = placed(ready_account)
    GatewaySession.objects.update(state=SessionState.ERROR.value)
    cancel(order)
    assert Order.objects.get().status == "CANCELLED"


@pytest.mark.django_db(transaction=True)
def test_an_order_is_either_withdrawn_or_claimed_and_never_both(ready_account: BrokerAccount, aapl: Instrument) -> None:
    lease(ready_account)
    for _ in range(10):
        order = placed(ready_account)
        turn = iter([lambda: commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1), None])
        results = race(lambda: (next(turn) or (lambda: cancel(order)))(), times=2)  # noqa: B023 - raced within the turn
        claimed = [result for result in results if result is not None and result.verb == "SUBMIT"]
        order.refresh_from_db()
        assert (order.status == "PENDING") == bool(claimed)
        OrderCommand.objects.filter(state__in=["PENDING", "SENDING"]).update(state="SENT", ended_at=timezone.now())


def test_a_cancel_for_a_session_that_is_away_is_refused_at_once(resting: Order) -> None:
    GatewaySession.objects.update(state=SessionState.RESTARTING.value)
    with pytest.raises(SessionNotReady, match=r"is restarting, and takes cancels only.*The cancel was not sent"):
        cancel(resting)
    assert cancels() == []


def test_an_order_can_be_cancelled_while_another_session_takes_the_quotes(resting: Order) -> None:
    GatewaySession.objects.update(state=SessionState.COMPETING.value)
    assert cancel(resting).state == "PENDING"


@pytest.mark.parametrize("status", [status for status in OrderStatus if status.is_final])
def test_what_is_over_can_not_be_cancelled(resting: Order, status: OrderStatus) -> None:
    Order.objects.update(status=status.value)
    with pytest.raises(OrderNotOpen, match=f"{status.lower()} already"):
        cancel(resting)


def test_an_order_that_may_be_at_the_broker_can_be_cancelled(resting: Order) -> None:
    Order.objects.update(status=OrderStatus.UNKNOWN.value)
    assert cancel(resting).state == "PENDING"


@pytest.mark.parametrize("wanted", ["0d22c1fe-6027-4cd1-89bc-460000000000", "garbage", ""])
def test_what_does_not_exist_can_not_be_cancelled(ready_account: BrokerAccount, wanted: str) -> None:
    with pytest.raises(Order.DoesNotExist):
        orders.cancel(account=ready_account, client_order_id=wanted)


def test_an_order_placed_elsewhere_is_not_ours_to_cancel(ready_account: BrokerAccount, aapl: Instrument) -> None:
    orders.apply_update(account_id=ready_account.pk, update=update())
    assert orders.as_body(orders.of(ready_account.user).get())["can_cancel"] is False
