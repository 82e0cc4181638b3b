from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.webapp.trading.examples import placed, update
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import SessionNotReady

pytestmark = pytest.mark.django_db

PERM_ID = iter(range(1000, 2000))


def resting(account: BrokerAccount, **changes: Any) -> Order:
    """That the broker works, with all that is attached to it."""
    order = placed(account, **changes)
    for one in [order, *order.attached.all()]:
        OrderCommand.objects.filter(order=one).update(state="SENT", fence=1, ended_at=timezone.now())
        orders.apply_update(account_id=account.pk, update=update(one, perm_id=next(PERM_ID)))
    order.refresh_from_db()
    return order


def asked(done: orders.CancelledAll) -> list[tuple[Order | None, str]]:
    return [(command.order, command.state) for command in done.commands]


def test_every_open_order_of_ours_is_asked_to_be_cancelled(ready_account: BrokerAccount, aapl: Instrument) -> None:
    first, second = resting(ready_account), resting(ready_account)
    waiting = placed(ready_account)
    over = resting(ready_account)
    Order.objects.filter(pk=over.pk).update(status="FILLED")
    done = orders.cancel_all(account=ready_account)
    assert asked(done) == [(waiting, "REFUSED"), (first, "PENDING"), (second, "PENDING")]
    waiting.refresh_from_db()
    assert (waiting.status, done.elsewhere) == ("CANCELLED", 0)
    told = AccountEvent.objects.order_by("-number")[:2]
    assert {event.subject for event in told} == {str(first.client_order_id), str(second.client_order_id)}
    assert all(event.body["cancel_requested"] for event in told)


def test_asked_again_while_that_is_under_way_it_is_the_same(ready_account: BrokerAccount, aapl: Instrument) -> None:
    resting(ready_account)
    first = orders.cancel_all(account=ready_account)
    assert orders.cancel_all(account=ready_account).commands == first.commands


def test_the_account_takes_orders_as_before(ready_account: BrokerAccount, aapl: Instrument) -> None:
    resting(ready_account)
    orders.cancel_all(account=ready_account)
    assert placed(ready_account).status == "PENDING"


def test_what_ends_with_its_entry_is_not_asked_for_and_what_outlived_it_is(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    entry = resting(ready_account, take_profit_price="200", stop_loss_price="180")
    filled = resting(ready_account, stop_loss_price="180")
    Order.objects.filter(pk=filled.pk).update(status="FILLED")
    done = orders.cancel_all(account=ready_account)
    assert [order for order, _ in asked(done)] == [entry, Order.objects.get(parent=filled)]


def test_orders_placed_elsewhere_stay_and_are_counted(ready_account: BrokerAccount, aapl: Instrument) -> None:
    orders.apply_update(account_id=ready_account.pk, update=update())
    done = orders.cancel_all(account=ready_account)
    assert (done.commands, done.elsewhere) == ((), 1)


def test_without_a_session_what_had_not_left_is_withdrawn_all_the_same(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    working, waiting = resting(ready_account), placed(ready_account)
    GatewaySession.objects.update(state="STOPPED")
    with pytest.raises(SessionNotReady, match="is stopped"):
        orders.cancel_all(account=ready_account)
    working.refresh_from_db()
    waiting.refresh_from_db()
    assert (working.status, waiting.status) == ("SUBMITTED", "CANCELLED")
    assert not working.commands.filter(verb="CANCEL").exists()


def test_another_account_s_orders_stay(ready_account: BrokerAccount, aapl: Instrument, bob: Any) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper", account_codes=["DU2"])
    GatewaySession.objects.create(account=his, state="READY")
    order = resting(his)
    orders.cancel_all(account=ready_account)
    assert not order.commands.filter(verb="CANCEL").exists()


def test_a_refusal_says_what_was_withdrawn_all_the_same(ready_account: BrokerAccount, aapl: Instrument) -> None:
    resting(ready_account)
    waiting = placed(ready_account)
    GatewaySession.objects.update(state="ERROR")
    with pytest.raises(SessionNotReady, match=r"had not left are withdrawn: 1\. Of the others: The session"):
        orders.cancel_all(account=ready_account)
    waiting.refresh_from_db()
    assert waiting.status == "CANCELLED"
