from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import pytest

from brokers.domain import OrderStatus
from tests.webapp.trading.examples import execution, lease, placed, update
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import commands, fills, orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import missing

pytestmark = pytest.mark.django_db


@pytest.fixture
def resting(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """Sent, and at work at the broker."""
    lease(ready_account)
    order = placed(ready_account)
    command = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    assert command is not None
    commands.record_sent(command)
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    order.refresh_from_db()
    return order


def mark(order: Order, *, order_refs: Collection[str] = (), perm_ids: Collection[int] = ()) -> list[Order]:
    """After a reading that showed those."""
    return orders.mark_missing(
        account_id=order.account_id, at_work=[order.pk], order_refs=order_refs, perm_ids=perm_ids
    )


def test_what_the_broker_shows_no_more_is_unknown_and_says_what_a_person_can_do(resting: Order) -> None:
    assert orders.at_work(account_id=resting.account_id) == {resting.pk}
    assert mark(resting) == [resting]
    resting.refresh_from_db()
    assert (resting.status, resting.reason) == ("UNKNOWN", missing.MISSING)
    assert AccountEvent.objects.latest("number").body["status"] == "UNKNOWN"
    assert orders.at_work(account_id=resting.account_id) == frozenset()


def test_what_the_broker_had_is_never_taken_for_an_order_that_did_not_arrive(resting: Order) -> None:
    mark(resting)
    before = AccountEvent.objects.count()
    assert commands.in_doubt(account_id=resting.account_id) == frozenset()
    commands.record_absent(account_id=resting.account_id, order_refs=[str(resting.client_order_id)])
    resting.refresh_from_db()
    assert (resting.status, resting.reason) == ("UNKNOWN", missing.MISSING)
    assert OrderCommand.objects.get().state == OrderCommand.State.SENT
    assert AccountEvent.objects.count() == before


def test_an_order_of_which_an_execution_was_all_that_was_seen_is_not_said_to_have_never_arrived(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    lease(ready_account)
    order = placed(ready_account)
    command = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    assert command is not None
    orders.mark_unknown(command=command, reason="Nobody knows.")
    fills.record_execution(account_id=ready_account.pk, report=execution(order, perm_id=None, quantity=Decimal(4)))
    assert mark(order) == [order]
    assert commands.in_doubt(account_id=ready_account.pk) == frozenset()
    commands.record_absent(account_id=ready_account.pk, order_refs=[str(order.client_order_id)])
    order.refresh_from_db()
    assert (order.status, order.reason, order.filled_quantity) == ("UNKNOWN", missing.MISSING, 4)


@pytest.mark.parametrize(("status", "word"), [(OrderStatus.SUBMITTED, "Submitted"), (OrderStatus.FILLED, "Filled")])
def test_the_brokers_next_word_counts(resting: Order, status: OrderStatus, word: str) -> None:
    mark(resting)
    orders.apply_update(account_id=resting.account_id, update=update(resting, status=status, ib_status=word))
    resting.refresh_from_db()
    assert (resting.status, resting.ib_status, resting.reason) == (status, word, "")


def test_an_order_is_shown_by_its_reference_or_by_the_brokers_own_id(resting: Order) -> None:
    [broker_order] = resting.broker_orders.all()
    assert mark(resting, order_refs=[str(resting.client_order_id).upper()]) == []
    assert mark(resting, perm_ids=[broker_order.perm_id]) == []
    assert mark(resting, order_refs=["another"], perm_ids=[broker_order.perm_id + 1]) == [resting]


def test_an_order_placed_elsewhere_is_missed_by_the_brokers_id(resting: Order) -> None:
    elsewhere = update(perm_id=4711)
    orders.apply_update(account_id=resting.account_id, update=elsewhere)
    order = Order.objects.get(client_order_id=None)
    assert mark(order, perm_ids=[4711]) == []
    assert mark(order, order_refs=[str(resting.client_order_id)]) == [order]
    order.refresh_from_db()
    assert (order.status, order.reason) == ("UNKNOWN", missing.MISSING)


def test_an_order_that_ended_meanwhile_stays_what_it_is(resting: Order) -> None:
    cancelled = update(resting, status=OrderStatus.CANCELLED, ib_status="Cancelled")
    orders.apply_update(account_id=resting.account_id, update=cancelled)
    assert mark(resting) == []
    resting.refresh_from_db()
    assert resting.status == "CANCELLED"


def test_an_order_that_was_looked_for_found_and_then_missed_is_not_said_to_have_never_arrived(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    lease(ready_account)
    order = placed(ready_account)
    command = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    assert command is not None
    orders.mark_unknown(command=command, reason="Nobody knows.")
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    assert mark(order) == [order]
    assert commands.in_doubt(account_id=ready_account.pk) == frozenset()
    commands.record_absent(account_id=ready_account.pk, order_refs=[str(order.client_order_id)])
    order.refresh_from_db()
    assert (order.status, order.reason) == ("UNKNOWN", missing.MISSING)
