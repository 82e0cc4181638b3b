from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from brokers.domain import OrderStatus
from tests.webapp.trading.examples import lease, placed, update
from tests.webapp.trading.racing import DEADLINE, race, wait_until_someone_waits_for_a_lock, with_own_connection
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import commands, orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db


def claim(account: BrokerAccount, *, worker: str = "worker-1", fence: int = 1) -> OrderCommand | None:
    return commands.claim_next(account_id=account.pk, worker=worker, fence=fence)


def claimed(account: BrokerAccount) -> OrderCommand:
    command = claim(account)
    assert command is not None
    return command


def states() -> list[str]:
    return list(OrderCommand.objects.values_list("state", flat=True))


def grow_old(seconds: float) -> None:
    OrderCommand.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


@pytest.fixture
def leased_account(ready_account: BrokerAccount, aapl: Instrument) -> BrokerAccount:
    lease(ready_account)
    return ready_account


def test_a_claim_marks_the_command_with_its_fence(leased_account: BrokerAccount) -> None:
    order = placed(leased_account)
    command = claimed(leased_account)
    row = OrderCommand.objects.get()
    assert (row.state, row.fence) == (command.state, command.fence) == ("SENDING", 1)
    assert row.claimed_at is not None
    assert command.order == order


def test_a_claimed_command_needs_no_more_rows_to_be_sent(
    leased_account: BrokerAccount, django_assert_num_queries: Any
) -> None:
    placed(leased_account)
    command = claimed(leased_account)
    with django_assert_num_queries(0):
        assert orders.to_request(command.order).con_id == command.order.instrument.con_id


def test_a_claimed_entry_comes_with_its_exits(leased_account: BrokerAccount, django_assert_num_queries: Any) -> None:
    placed(leased_account, take_profit_price="210", stop_loss_price="180")
    command = claimed(leased_account)
    assert command.order is not None
    with django_assert_num_queries(0):
        bracket = orders.to_bracket(command.order)
    assert bracket is not None
    assert (bracket.take_profit is not None, bracket.stop_loss is not None) == (True, True)


def test_a_claim_says_how_much_of_its_time_is_left(leased_account: BrokerAccount, settings: Any) -> None:
    """By the database's clock, which also wrote when it was asked for."""
    settings.ORDER_TIME_TO_LIVE = timedelta(seconds=3000)
    placed(leased_account)
    OrderCommand.objects.update(created_at=Now() - timedelta(seconds=1000))
    before = monotonic()
    send_by = claimed(leased_account).send_by
    assert send_by is not None
    assert before + 1000 < send_by <= monotonic() + 2000


def test_a_cancel_leaves_however_late_it_is(leased_account: BrokerAccount) -> None:
    OrderCommand.objects.create(order=placed(leased_account), account=leased_account, verb="CANCEL")
    claimed(leased_account)
    assert claimed(leased_account).send_by is None


def test_commands_are_claimed_in_the_order_in_which_they_were_given(leased_account: BrokerAccount) -> None:
    given = [placed(leased_account).pk for _ in range(3)]
    assert [claimed(leased_account).order_id for _ in range(3)] == given
    assert claim(leased_account) is None


@pytest.mark.parametrize(("worker", "fence"), [("worker-2", 1), ("worker-1", 2), ("worker-1", 0), ("", 1)], ids=str)
def test_only_the_holder_of_the_lease_under_its_fence_claims(
    leased_account: BrokerAccount, worker: str, fence: int
) -> None:
    placed(leased_account)
    assert claim(leased_account, worker=worker, fence=fence) is None
    assert states() == ["PENDING"]


def test_a_lease_that_ran_out_by_the_databases_clock_claims_nothing(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    lease(leased_account, seconds=-0.001)
    assert claim(leased_account) is None


def test_a_session_that_nobody_holds_claims_nothing(ready_account: BrokerAccount, aapl: Instrument) -> None:
    placed(ready_account)
    assert claim(ready_account, worker="", fence=0) is None


def test_another_accounts_commands_are_not_claimed(leased_account: BrokerAccount) -> None:
    other = BrokerAccount.objects.create(user=leased_account.user, name="Other", trading_mode="paper")
    GatewaySession.objects.create(account=other)
    lease(other)
    placed(leased_account)
    assert claim(other) is None


@pytest.mark.django_db(transaction=True)
def test_racing_claims_of_one_command_give_it_to_one(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    results = race(lambda: claim(leased_account), times=8)
    assert len([command for command in results if command is not None]) == 1


@pytest.mark.django_db(transaction=True)
def test_racing_claims_of_many_commands_give_each_to_one(leased_account: BrokerAccount, settings: Any) -> None:
    settings.ORDER_TIME_TO_LIVE = timedelta(minutes=5)  # the machine may be busy, and this is about something else
    given = {placed(leased_account).pk for _ in range(6)}
    results = race(lambda: claim(leased_account), times=6)
    assert {command.order_id for command in results if command is not None} == given


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_committed_when_it_returns(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    claimed(leased_account)
    assert on_another_connection(states) == ["SENDING"]


@pytest.mark.django_db(transaction=True)
def test_a_claim_inside_a_transaction_is_refused_since_it_could_roll_back(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        claim(leased_account)
    assert states() == ["PENDING"]


@pytest.mark.django_db(transaction=True)
def test_a_takeover_under_way_comes_before_the_claim(leased_account: BrokerAccount) -> None:
    """The old holder's claim waits for the takeover's commit, and then finds that it holds nothing."""
    placed(leased_account)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            lease(leased_account, worker="worker-2", fence=2)
            late = thread.submit(with_own_connection, lambda: claim(leased_account))
            wait_until_someone_waits_for_a_lock()
            assert not late.done()
        assert late.result(DEADLINE) is None
    assert states() == ["PENDING"]


def on_another_connection(call: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(with_own_connection, call).result(DEADLINE)


def test_a_sent_command_is_over(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    command = claimed(leased_account)
    assert commands.record_sent(command)
    assert states() == ["SENT"]
    assert OrderCommand.objects.get().ended_at is not None
    assert not commands.record_sent(command)


def test_a_command_that_another_fence_has_concluded_is_not_ours_to_record(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    command = claimed(leased_account)
    commands.resolve_interrupted(account_id=leased_account.pk, seen_order_refs=[], fence=2)
    assert not commands.record_sent(command)
    assert states() == ["UNKNOWN"]


def test_a_refused_submit_rejects_its_order(leased_account: BrokerAccount) -> None:
    order = placed(leased_account)
    commands.record_refused(claimed(leased_account), "No market-data line is free.")
    order.refresh_from_db()
    assert (order.status, order.reason) == ("REJECTED", "No market-data line is free.")
    assert states() == ["REFUSED"]


def test_a_command_that_waited_too_long_is_refused_instead_of_sent(leased_account: BrokerAccount) -> None:
    order = placed(leased_account)
    grow_old(4)
    assert claim(leased_account) is None
    order.refresh_from_db()
    assert (order.status, states()) == ("REJECTED", ["REFUSED"])
    assert "Nothing reached the broker" in order.reason
    assert AccountEvent.objects.latest("number").body["status"] == "REJECTED"


def test_a_command_that_waited_a_little_is_sent(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    grow_old(2)
    assert claim(leased_account) is not None


def test_a_command_that_was_claimed_just_now_is_not_refused_as_overdue(leased_account: BrokerAccount) -> None:
    order = placed(leased_account)
    read_before_the_claim = OrderCommand.objects.get()
    claimed(leased_account)
    orders.refuse(command=read_before_the_claim, reason="overdue")
    order.refresh_from_db()
    assert (order.status, states()) == ("PENDING", ["SENDING"])


@pytest.mark.django_db(transaction=True)
def test_a_command_that_grew_too_old_while_the_claim_waited_is_not_sent(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            GatewaySession.objects.select_for_update().get(account=leased_account)
            late = thread.submit(with_own_connection, lambda: claim(leased_account))
            wait_until_someone_waits_for_a_lock()
            grow_old(4)
        assert late.result(DEADLINE) is None
    assert states() == ["PENDING"]


@pytest.mark.django_db(transaction=True)
def test_a_command_that_is_withdrawn_during_the_claim_is_passed_over(leased_account: BrokerAccount) -> None:
    withdrawn, wanted = placed(leased_account), placed(leased_account)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            orders.cancel(account=leased_account, client_order_id=str(withdrawn.client_order_id))
            late = thread.submit(with_own_connection, lambda: claim(leased_account))
            wait_until_someone_waits_for_a_lock()
        assert late.result(DEADLINE).order_id == wanted.pk
    assert Order.objects.get(pk=withdrawn.pk).status == "CANCELLED"


def test_overdue_commands_of_all_accounts_are_refused_together(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    grow_old(4)
    placed(leased_account)
    assert commands.refuse_overdue() == 1
    assert states() == ["REFUSED", "PENDING"]


def test_only_earlier_fences_count_as_interrupted(leased_account: BrokerAccount) -> None:
    placed(leased_account)
    placed(leased_account)
    command = claimed(leased_account)
    assert list(commands.interrupted(account_id=leased_account.pk, fence=1)) == []
    assert list(commands.interrupted(account_id=leased_account.pk, fence=2)) == [command]


@pytest.fixture
def lost(leased_account: BrokerAccount) -> OrderCommand:
    """A submit whose worker was lost at SENDING; another holds the lease now, under fence 2."""
    placed(leased_account)
    command = claimed(leased_account)
    lease(leased_account, worker="worker-2", fence=2)
    return command


def resolve(command: OrderCommand, *seen: str) -> list[OrderCommand]:
    return commands.resolve_interrupted(account_id=command.account_id, seen_order_refs=seen)


def test_an_interrupted_submit_that_the_broker_shows_was_sent(lost: OrderCommand) -> None:
    assert [command.state for command in resolve(lost, str(lost.order.client_order_id).upper())] == ["SENT"]
    assert states() == ["SENT"]


def test_an_interrupted_submit_of_which_the_broker_has_spoken_was_sent(lost: OrderCommand) -> None:
    orders.apply_update(account_id=lost.account_id, update=update(lost.order))
    resolve(lost)
    assert (states(), Order.objects.get().status) == (["SENT"], "SUBMITTED")


def test_an_interrupted_submit_without_a_trace_is_unknown_and_never_sent_again(lost: OrderCommand) -> None:
    resolve(lost, "someone else's")
    order = Order.objects.get()
    assert (states(), order.status) == (["UNKNOWN"], "UNKNOWN")
    assert "Do not place it again meanwhile" in order.reason
    assert commands.claim_next(account_id=lost.account_id, worker="worker-2", fence=2) is None


def test_resolving_twice_resolves_once(lost: OrderCommand) -> None:
    resolve(lost)
    assert resolve(lost) == []


@pytest.mark.parametrize(("status", "state"), [(OrderStatus.CANCELLED, "SENT"), (OrderStatus.SUBMITTED, "UNKNOWN")])
def test_an_interrupted_cancel_shows_in_what_became_of_its_order(
    leased_account: BrokerAccount, status: OrderStatus, state: str
) -> None:
    order = placed(leased_account)
    commands.record_sent(claimed(leased_account))
    orders.apply_update(account_id=leased_account.pk, update=update(order))
    assert order.client_order_id is not None
    orders.cancel(account=leased_account, client_order_id=order.client_order_id)
    claimed(leased_account)
    lease(leased_account, worker="worker-2", fence=2)
    orders.apply_update(account_id=leased_account.pk, update=update(order, status=status))

    (command,) = commands.resolve_interrupted(account_id=leased_account.pk, seen_order_refs=[])

    order.refresh_from_db()
    assert (command.state, order.status) == (state, status)
    assert orders.as_body(orders.of(leased_account.user).get())["can_cancel"] == (state == "UNKNOWN")


def turn_live_trading_off(account: BrokerAccount) -> None:
    BrokerAccount.objects.filter(pk=account.pk).update(trading_mode="live", live_trading_since=None)


def suspend(account: BrokerAccount) -> None:
    BrokerAccount.objects.filter(pk=account.pk).update(suspended_at=timezone.now(), suspended_reason="A dispute.")


@pytest.mark.parametrize(("close", "words"), [(turn_live_trading_off, "Live trading is off"), (suspend, "A dispute.")])
def test_an_order_that_waits_while_its_account_is_closed_is_refused_instead_of_sent(
    leased_account: BrokerAccount, close: Callable[[BrokerAccount], None], words: str
) -> None:
    order = placed(leased_account)
    close(leased_account)
    assert claim(leased_account) is None
    order.refresh_from_db()
    assert order.status == "REJECTED"
    assert words in order.reason
    assert states() == ["REFUSED"]


def test_a_cancel_leaves_though_live_trading_was_turned_off(leased_account: BrokerAccount) -> None:
    order = placed(leased_account)
    claimed_submit = claimed(leased_account)
    commands.record_sent(claimed_submit)
    orders.apply_update(account_id=leased_account.pk, update=update(order))
    cancel = orders.cancel(account=leased_account, client_order_id=str(order.client_order_id))
    turn_live_trading_off(leased_account)
    assert claim(leased_account) == cancel
