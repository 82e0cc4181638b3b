"""What a node was given to send and withdrew before a byte of it left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from brokers.domain import OrderStatus, Unsent
from tests.webapp.trading.examples import lease, placed, update
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import commands, orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

LATE = "Not sent: it has waited 3 s."


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """One of alice's whose command is claimed."""
    lease(ready_account)
    order = placed(ready_account)
    commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    return order


def say_unsent(order: Order, unsent: Unsent, status: OrderStatus, reason: str = LATE) -> None:
    said = update(order, unsent=unsent, status=status, ib_status="", perm_id=None, reason=reason)
    orders.apply_update(account_id=order.account_id, update=said)
    order.refresh_from_db()


def states(verb: str) -> list[tuple[str, str]]:
    return list(OrderCommand.objects.filter(verb=verb).values_list("state", "reason"))


@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded as sent", "not recorded yet"])
def test_an_order_that_was_withdrawn_is_over_and_its_command_says_that_nothing_left(
    order: Order, *, is_recorded: bool
) -> None:
    command = order.commands.get()
    if is_recorded:
        commands.record_sent(command)
    say_unsent(order, Unsent.ORDER, OrderStatus.REJECTED)
    assert (order.status, order.ib_status, order.reason) == ("REJECTED", "", LATE)
    assert states("SUBMIT") == [("REFUSED", LATE)]
    assert not commands.record_sent(command)
    assert states("SUBMIT") == [("REFUSED", LATE)]
    body = AccountEvent.objects.latest("number").body
    assert (body["status"], body["reason"], body["can_cancel"]) == ("REJECTED", LATE, False)


def test_an_order_that_was_withdrawn_is_no_order_that_may_be_lost(order: Order) -> None:
    commands.record_sent(order.commands.get())
    say_unsent(order, Unsent.ORDER, OrderStatus.REJECTED)
    OrderCommand.objects.update(ended_at=timezone.now() - timedelta(minutes=1))
    assert commands.in_doubt(account_id=order.account_id) == frozenset()
    order.refresh_from_db()
    assert order.status == "REJECTED"


def test_an_order_that_was_in_doubt_and_never_left_is_not_looked_for_any_more(order: Order) -> None:
    command = order.commands.get()
    commands.record_sent(command)
    orders.mark_unknown(command=command, reason="no word yet")
    say_unsent(order, Unsent.ORDER, OrderStatus.REJECTED)
    assert (order.status, states("SUBMIT")) == ("REJECTED", [("REFUSED", LATE)])


def test_a_cancel_that_needed_no_byte_is_not_said_to_have_been_sent(order: Order) -> None:
    commands.record_sent(order.commands.get())
    cancel = OrderCommand.objects.create(
        order=order, account=order.account, verb="CANCEL", state="SENT", ended_at=timezone.now()
    )
    say_unsent(order, Unsent.ORDER, OrderStatus.CANCELLED, "Cancelled before it was sent.")
    cancel.refresh_from_db()
    assert (order.status, cancel.state, cancel.reason) == ("CANCELLED", "REFUSED", "Cancelled before it was sent.")


def test_a_cancel_that_never_left_may_be_asked_again(order: Order) -> None:
    commands.record_sent(order.commands.get())
    orders.apply_update(account_id=order.account_id, update=update(order))
    OrderCommand.objects.create(
        order=order, account=order.account, verb="CANCEL", state="SENT", ended_at=timezone.now()
    )
    say_unsent(order, Unsent.CANCEL, OrderStatus.SUBMITTED, "The cancel was not sent.")
    body = AccountEvent.objects.latest("number").body
    assert (body["cancel_requested"], body["can_cancel"], body["reason"]) == (False, True, "The cancel was not sent.")
    assert states("CANCEL") == [("REFUSED", "The cancel was not sent.")]
    assert states("SUBMIT") == [("SENT", "")]


@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded as sent", "not recorded yet"])
def test_a_change_that_never_left_leaves_the_order_as_it_is(order: Order, *, is_recorded: bool) -> None:
    commands.record_sent(order.commands.get())
    orders.apply_update(account_id=order.account_id, update=update(order))
    order.refresh_from_db()
    orders.modify(account=order.account, client_order_id=str(order.client_order_id), quantity="20")
    change = commands.claim_next(account_id=order.account_id, worker="worker-1", fence=1)
    assert change is not None
    if is_recorded:
        commands.record_sent(change)
    say_unsent(order, Unsent.CHANGE, OrderStatus.SUBMITTED, "The change was not sent.")
    assert not commands.record_sent(change)
    assert (order.status, order.reason) == ("SUBMITTED", "The change was not sent.")
    assert (states("SUBMIT"), states("MODIFY")) == ([("SENT", "")], [("REFUSED", "The change was not sent.")])
    body = AccountEvent.objects.latest("number").body
    assert (body["change_requested"], body["can_modify"]) == (False, True)


def test_hearing_again_that_something_never_left_is_no_event(order: Order) -> None:
    say_unsent(order, Unsent.ORDER, OrderStatus.REJECTED)
    before = AccountEvent.objects.count()
    say_unsent(order, Unsent.ORDER, OrderStatus.REJECTED)
    assert AccountEvent.objects.count() == before
