from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests.webapp.trading.examples import fields, lease, placed, update
from tests.webapp.trading.racing import DEADLINE, wait_until_someone_waits_for_a_lock, with_own_connection
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import commands, orders
from webapp.trading.kill_switch import engaging, state
from webapp.trading.models import Instrument, KillSwitch, Order, OrderCommand
from webapp.trading.orders import KillSwitchEngaged

pytestmark = pytest.mark.django_db


def verbs(*wanted: str) -> list[str]:
    return list(OrderCommand.objects.filter(state__in=wanted).order_by("id").values_list("verb", flat=True))


def engage_for_all(by: Any) -> None:
    engaging.engage_for_all(by=by, reason="exchange trouble")


def engage(account: BrokerAccount, reason: str = "") -> None:
    engaging.engage(account=account, by=account.user, reason=reason)


def test_an_engaged_switch_takes_no_order_and_says_why(ready_account: BrokerAccount, aapl: Instrument) -> None:
    engage(ready_account, "wrong currency")
    with pytest.raises(KillSwitchEngaged, match=r"kill switch of Paper is engaged.*wrong currency.*Nothing was sent"):
        placed(ready_account)
    assert not Order.objects.exists()


def test_what_no_worker_has_sent_is_withdrawn(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    engage(ready_account)
    order.refresh_from_db()
    assert (order.status, verbs("PENDING")) == ("CANCELLED", ["CANCEL_ALL"])
    assert "broker never saw it" in order.reason


def test_an_order_that_is_being_sent_is_cancelled_after_it(ready_account: BrokerAccount, aapl: Instrument) -> None:
    lease(ready_account)
    placed(ready_account)
    sending = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    engage(ready_account)
    following = commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1)
    assert sending is not None
    assert following is not None
    assert (sending.verb, following.verb, following.order) == ("SUBMIT", "CANCEL_ALL", None)


def test_engaging_twice_cancels_once_until_that_is_sent(ready_account: BrokerAccount) -> None:
    engage(ready_account)
    engage(ready_account)
    assert verbs("PENDING") == ["CANCEL_ALL"]
    OrderCommand.objects.update(state="SENT", ended_at=timezone.now())
    engage(ready_account)
    assert verbs("PENDING") == ["CANCEL_ALL"]
    assert KillSwitch.objects.count() == 1


def test_engaging_again_while_a_worker_sends_the_cancel_is_sent_after_it(ready_account: BrokerAccount) -> None:
    """What came in between may not be among what the first one cancels."""
    engage(ready_account)
    lease(ready_account)
    assert commands.claim_next(account_id=ready_account.pk, worker="worker-1", fence=1) is not None
    engage(ready_account)
    assert (verbs("SENDING"), verbs("PENDING")) == (["CANCEL_ALL"], ["CANCEL_ALL"])


def test_the_command_to_cancel_waits_for_the_session_however_long(ready_account: BrokerAccount) -> None:
    engage(ready_account)
    OrderCommand.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert commands.refuse_overdue() == 0
    assert verbs("PENDING") == ["CANCEL_ALL"]


def test_a_released_switch_takes_orders_and_withdraws_what_was_not_sent(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    engage(ready_account)
    engaging.release(account=ready_account)
    assert (verbs("PENDING"), verbs("REFUSED")) == ([], ["CANCEL_ALL"])
    placed(ready_account)


@pytest.mark.parametrize("state_before", ["SENDING", "SENT", "REFUSED"])
def test_a_session_that_is_connected_anew_cancels_again(ready_account: BrokerAccount, state_before: str) -> None:
    """The command before may have gone into a link that was about to end."""
    engage(ready_account)
    OrderCommand.objects.update(state=state_before, fence=1)
    lease(ready_account, worker="worker-2", fence=2)
    engaging.cancel_again(account_id=ready_account.pk)
    commands.resolve_interrupted(account_id=ready_account.pk, seen_order_refs=())
    again = commands.claim_next(account_id=ready_account.pk, worker="worker-2", fence=2)
    assert again is not None
    assert again.verb == "CANCEL_ALL"


def test_nothing_is_cancelled_again_once_the_switch_is_released(ready_account: BrokerAccount) -> None:
    engage(ready_account)
    OrderCommand.objects.update(state="SENDING", fence=1)
    engaging.release(account=ready_account)
    lease(ready_account, worker="worker-2", fence=2)
    engaging.cancel_again(account_id=ready_account.pk)
    commands.resolve_interrupted(account_id=ready_account.pk, seen_order_refs=())
    assert commands.claim_next(account_id=ready_account.pk, worker="worker-2", fence=2) is None


def test_browsers_are_told_who_stopped_what(ready_account: BrokerAccount) -> None:
    engage(ready_account, "lunch")
    event = AccountEvent.objects.latest("number")
    assert event.kind == "kill_switch"
    assert event.body == {**state.as_body(ready_account.pk), "engaged": True, "for_all": False, "by": "alice"}
    engaging.release(account=ready_account)
    assert AccountEvent.objects.latest("number").body["engaged"] is False


def test_the_switch_for_all_stops_every_users_accounts_and_says_no_name(
    ready_account: BrokerAccount, aapl: Instrument, bob: Any
) -> None:
    order = placed(ready_account)
    engage_for_all(by=bob)
    order.refresh_from_db()
    assert order.status == "CANCELLED"
    with pytest.raises(KillSwitchEngaged, match="by an administrator") as refusal:
        placed(ready_account)
    assert "bob" not in str(refusal.value) + str(AccountEvent.objects.latest("number").body)


def test_an_owners_release_does_not_undo_the_switch_for_all(
    ready_account: BrokerAccount, aapl: Instrument, bob: Any
) -> None:
    engage(ready_account)
    engage_for_all(by=bob)
    engaging.release(account=ready_account)
    with pytest.raises(KillSwitchEngaged):
        placed(ready_account)
    assert verbs("PENDING") == ["CANCEL_ALL"]


def test_releasing_all_leaves_accounts_that_were_stopped_by_themselves(
    ready_account: BrokerAccount, aapl: Instrument, bob: Any
) -> None:
    engage(ready_account)
    engage_for_all(by=bob)
    engaging.release_for_all()
    assert state.as_body(ready_account.pk)["for_all"] is False
    with pytest.raises(KillSwitchEngaged):
        placed(ready_account)


def test_an_account_connected_later_is_stopped_by_the_switch_for_all(bob: Any) -> None:
    engage_for_all(by=bob)
    later = BrokerAccount.objects.create(user=bob, name="Later", trading_mode="paper")
    GatewaySession.objects.create(account=later)
    with pytest.raises(KillSwitchEngaged):
        state.require_off(later)


@pytest.mark.django_db(transaction=True)
def test_an_order_placed_while_the_switch_is_thrown_is_withdrawn(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    """Whichever of the two holds the account first, no order is left to be sent."""
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            orders.place(account=ready_account, **fields())
            late = thread.submit(with_own_connection, lambda: engage(ready_account))
            wait_until_someone_waits_for_a_lock()
        late.result(DEADLINE)
    assert Order.objects.get().status == "CANCELLED"
    assert verbs("PENDING") == ["CANCEL_ALL"]


def test_a_change_that_waits_is_withdrawn(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    OrderCommand.objects.update(state="SENT", fence=1, ended_at=timezone.now())
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    orders.modify(account=ready_account, client_order_id=str(order.client_order_id), limit_price="190.40")
    engage(ready_account)
    assert (verbs("PENDING"), verbs("REFUSED")) == (["CANCEL_ALL"], ["MODIFY"])
    told = AccountEvent.objects.filter(kind="order").latest("number")
    assert (told.body["change_requested"], told.body["can_modify"]) == (False, True)
