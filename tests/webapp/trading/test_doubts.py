from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokers.domain import OrderStatus
from tests.broker_clock import set_broker_hour
from tests.webapp.trading.examples import execution, lease, placed, update
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import commands, fills, orders
from webapp.trading.commands import doubts
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(ready_account: BrokerAccount, aapl: Instrument) -> OrderCommand:
    """A submit that was handed to the socket ten seconds ago; the broker has said nothing of it."""
    lease(ready_account)
    placed(ready_account)
    command = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    assert command is not None
    commands.record_sent(command)
    grow_old(command, 10)
    return command


def grow_old(command: OrderCommand, seconds: float) -> None:
    OrderCommand.objects.filter(pk=command.pk).update(ended_at=timezone.now() - timedelta(seconds=seconds))


def ref(command: OrderCommand) -> str:
    assert command.order is not None
    return str(command.order.client_order_id)


def in_doubt(command: OrderCommand) -> frozenset[str]:
    return commands.in_doubt(account_id=command.account_id)


def absent(command: OrderCommand) -> None:
    commands.record_absent(account_id=command.account_id, order_refs=[ref(command)])


def order() -> Order:
    return Order.objects.get()


def state() -> str:
    return OrderCommand.objects.get().state


def test_a_submit_without_a_word_becomes_unknown_and_says_that_it_is_looked_for(sent: OrderCommand) -> None:
    assert in_doubt(sent) == {ref(sent)}
    assert (state(), order().status, order().reason) == ("UNKNOWN", "UNKNOWN", doubts.NO_WORD)
    assert AccountEvent.objects.latest("number").body["status"] == "UNKNOWN"
    assert in_doubt(sent) == {ref(sent)}


def test_a_submit_of_a_moment_ago_is_not_in_doubt_yet(sent: OrderCommand) -> None:
    grow_old(sent, 1)
    assert in_doubt(sent) == frozenset()
    assert (state(), order().status) == ("SENT", "PENDING")


def test_a_submit_that_may_still_wait_to_leave_is_not_in_doubt(sent: OrderCommand, settings: Any) -> None:
    settings.ORDER_TIME_TO_LIVE = timedelta(seconds=60)
    assert in_doubt(sent) == frozenset()
    assert (state(), order().status) == ("SENT", "PENDING")


def test_a_submit_that_the_broker_spoke_of_is_not_in_doubt(sent: OrderCommand) -> None:
    orders.apply_update(account_id=sent.account_id, update=update(sent.order))
    assert in_doubt(sent) == frozenset()
    assert (state(), order().status) == ("SENT", "SUBMITTED")


def test_an_order_that_turns_up_has_the_brokers_status(sent: OrderCommand) -> None:
    in_doubt(sent)
    orders.apply_update(account_id=sent.account_id, update=update(sent.order))
    assert (order().status, order().reason, order().broker_orders.count()) == ("SUBMITTED", "", 1)
    assert in_doubt(sent) == frozenset()


def test_a_proved_absence_ends_the_order_and_says_how_it_was_proved(sent: OrderCommand) -> None:
    in_doubt(sent)
    absent(sent)
    assert (state(), order().status, order().reason) == ("ABSENT", "REJECTED", doubts.ABSENT)
    assert (order().ib_status, in_doubt(sent)) == ("", frozenset())


def test_an_order_that_turned_up_meanwhile_is_not_declared_absent(sent: OrderCommand) -> None:
    in_doubt(sent)
    orders.apply_update(account_id=sent.account_id, update=update(sent.order))
    absent(sent)
    assert (state(), order().status) == ("UNKNOWN", "SUBMITTED")


@pytest.mark.parametrize(("status", "word"), [(OrderStatus.SUBMITTED, "Submitted"), (OrderStatus.FILLED, "Filled")])
def test_the_brokers_word_outweighs_our_proof(sent: OrderCommand, status: OrderStatus, word: str) -> None:
    in_doubt(sent)
    absent(sent)
    orders.apply_update(account_id=sent.account_id, update=update(sent.order, status=status, ib_status=word))
    assert (order().status, order().ib_status) == (status, word)


def test_an_end_that_the_broker_said_stays(sent: OrderCommand) -> None:
    rejected = update(sent.order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="no shares")
    orders.apply_update(account_id=sent.account_id, update=rejected)
    orders.apply_update(account_id=sent.account_id, update=update(sent.order))
    assert (order().status, order().reason) == ("REJECTED", "no shares")


def test_what_cannot_be_proved_stays_unknown_and_says_what_a_person_can_do(sent: OrderCommand) -> None:
    in_doubt(sent)
    why = "IB shows no orders to this login."
    before = AccountEvent.objects.count()
    for _ in range(2):
        commands.note_unprovable(account_id=sent.account_id, order_refs=[ref(sent)], why=why)
    assert (state(), order().status) == ("UNKNOWN", "UNKNOWN")
    assert why in order().reason
    assert AccountEvent.objects.count() == before + 1


@pytest.mark.parametrize(("hours_old", "is_provable"), [(2, True), (6, False)])
def test_an_order_from_before_the_brokers_midnight_is_not_looked_for_and_says_so(
    sent: OrderCommand, settings: Any, hours_old: int, *, is_provable: bool
) -> None:
    """The broker shows only what is over since midnight: this one may have been filled before, and shown nowhere."""
    set_broker_hour(settings, 4)
    Order.objects.update(created_at=timezone.now() - timedelta(hours=hours_old))
    assert in_doubt(sent) == (frozenset([ref(sent)]) if is_provable else frozenset())
    assert ("only what is since midnight" in order().reason) is not is_provable
    assert ("before you place it again" in order().reason) is not is_provable


def test_an_absence_that_a_midnight_passed_over_proves_nothing(sent: OrderCommand, settings: Any) -> None:
    Order.objects.update(created_at=timezone.now() - timedelta(hours=3))
    assert in_doubt(sent) == {ref(sent)}
    set_broker_hour(settings, 1)
    absent(sent)
    assert (state(), order().status) == ("UNKNOWN", "UNKNOWN")
    assert in_doubt(sent) == frozenset()
    assert "only what is since midnight" in order().reason


@pytest.mark.parametrize("verb", ["CANCEL", "MODIFY"])
@pytest.mark.parametrize("conclude", [commands.record_refused, commands.record_unknown])
def test_a_command_of_an_unknown_order_that_fails_leaves_the_warning_where_it_is(
    sent: OrderCommand, verb: str, conclude: Callable[[OrderCommand, str], None]
) -> None:
    in_doubt(sent)
    asked = OrderCommand.objects.create(order=sent.order, account_id=sent.account_id, verb=verb, state="SENDING")
    before = AccountEvent.objects.count()
    conclude(asked, "There is no such open order of this session, so nothing was sent for it.")
    asked.refresh_from_db()
    assert "nothing was sent" in asked.reason
    assert (order().status, order().reason) == ("UNKNOWN", doubts.NO_WORD)
    assert AccountEvent.objects.count() == before + 1  # it can be cancelled again, which pages show


@pytest.mark.parametrize(("quantity", "status"), [(10, "FILLED"), (4, "SUBMITTED")])
def test_an_execution_takes_its_order_out_of_doubt(sent: OrderCommand, quantity: int, status: str) -> None:
    in_doubt(sent)
    report = execution(sent.order, perm_id=None, quantity=Decimal(quantity))
    fills.record_execution(account_id=sent.account_id, report=report)
    assert (order().status, order().filled_quantity, order().reason) == (status, quantity, "")
    assert AccountEvent.objects.latest("number").body["status"] == status
    assert in_doubt(sent) == frozenset()


def test_a_word_that_comes_while_it_is_marked_is_kept(sent: OrderCommand) -> None:
    orders.apply_update(account_id=sent.account_id, update=update(sent.order))
    orders.mark_unknown(command=sent, reason="too late")
    assert (state(), order().status, order().reason) == ("SENT", "SUBMITTED", "")
