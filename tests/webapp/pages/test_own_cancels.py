"""An order that somebody here has cancelled says who and when; what the broker calls that stays in its detail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokers.domain import OrderStatus, Unsent
from tests.webapp.pages.conftest import HTMX
from tests.webapp.trading.examples import placed, update
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders.withdrawing import WITHDRAWN

pytestmark = pytest.mark.django_db

BARE = "Order Canceled - reason: (IB 202)"


@pytest.fixture
def resting(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    order = placed(ready_account)
    settle(order)
    return order


def settle(order: Order, status: OrderStatus = OrderStatus.SUBMITTED, reason: str = "") -> None:
    """Workers have sent all that was asked, and this is what the broker says."""
    OrderCommand.objects.update(state="SENT", fence=1, ended_at=timezone.now())
    said = update(order, status=status, ib_status=status.title(), reason=reason)
    orders.apply_update(account_id=order.account_id, update=said)


def cancel(browser: Client, order: Order) -> None:
    address = f"/accounts/{order.account_id}/orders/{order.client_order_id}/cancel/"
    assert browser.post(address, headers=HTMX).status_code == 200


def text_of(browser: Client, address: str) -> str:
    response = browser.get(address, headers=HTMX)
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def row_of(browser: Client, order: Order) -> str:
    page = browser.get(f"/accounts/{order.account_id}/trade/").content.decode()
    row = page.partition(f'data-order-key="{order.client_order_id}"')[2].partition("</tr>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def newest_event(order: Order) -> dict[str, Any]:
    body: dict[str, Any] = order.account.events.latest("number").body
    return body


def test_a_cancel_of_ones_own_says_who_and_when_and_the_detail_keeps_the_brokers_word(
    browser: Client, resting: Order
) -> None:
    cancel(browser, resting)
    asked = OrderCommand.objects.get(verb="CANCEL").created_at
    settle(resting, OrderStatus.CANCELLED)
    settle(resting, OrderStatus.CANCELLED, BARE)
    words = f"Cancelled by alice at {asked:%Y-%m-%d %H:%M:%S} UTC"
    assert words in row_of(browser, resting)
    assert BARE not in row_of(browser, resting)
    detail = text_of(browser, f"/accounts/{resting.account_id}/orders/{resting.client_order_id}/")
    assert words in detail
    assert f"The broker's word Cancelled: {BARE}" in detail
    body = newest_event(resting)
    assert (body["cancelled_by"], body["cancelled_at"], body["reason"]) == ("alice", asked.isoformat(), BARE)


@pytest.mark.parametrize("was_asked", [True, False])
def test_a_cancel_of_the_brokers_own_keeps_its_reason(browser: Client, resting: Order, was_asked: bool) -> None:
    if was_asked:
        cancel(browser, resting)
    settle(resting, OrderStatus.CANCELLED)
    settle(resting, OrderStatus.CANCELLED, "Order Canceled - reason: price too far away (IB 202)")
    assert "price too far away (IB 202)" in row_of(browser, resting)
    assert newest_event(resting)["cancelled_by"] is None


def test_a_bare_cancel_that_nobody_here_asked_for_is_nobodys(browser: Client, resting: Order) -> None:
    settle(resting, OrderStatus.CANCELLED, BARE)
    assert BARE in row_of(browser, resting)
    assert newest_event(resting)["cancelled_by"] is None


def test_a_cancel_that_the_broker_refused_has_ended_nothing(browser: Client, resting: Order) -> None:
    cancel(browser, resting)
    OrderCommand.objects.filter(verb="CANCEL").update(state="REFUSED")
    said = update(resting, status=OrderStatus.CANCELLED, ib_status="Cancelled", reason=BARE)
    orders.apply_update(account_id=resting.account_id, update=said)
    assert newest_event(resting)["cancelled_by"] is None


def test_what_is_attached_to_a_cancelled_order_was_cancelled_with_it(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    entry = placed(ready_account, take_profit_price="200")
    settle(entry)
    [attached] = entry.attached.all()
    cancel(browser, entry)
    OrderCommand.objects.update(state="SENT")
    said = update(attached, perm_id=901, status=OrderStatus.CANCELLED, ib_status="Cancelled", reason=BARE)
    orders.apply_update(account_id=ready_account.pk, update=said)
    assert newest_event(attached)["cancelled_by"] == "alice"


def test_the_kill_switch_says_that_it_was_the_one(browser: Client, resting: Order, alice: User) -> None:
    engaging.engage(account=resting.account, by=alice)
    settle(resting, OrderStatus.CANCELLED, BARE)
    assert "Cancelled by the kill switch at" in row_of(browser, resting)
    engaging.release(account=resting.account)
    settle(resting, OrderStatus.CANCELLED, BARE)
    assert "Cancelled by the kill switch at" in row_of(browser, resting)


def cancelled_elsewhere(order: Order) -> None:
    """As somebody's cancel in TWS reads after a resynchronization."""
    said = update(order, status=OrderStatus.CANCELLED, ib_status="Cancelled", reason="Cancelled by Trader")
    orders.apply_update(account_id=order.account_id, update=said)


def test_a_kill_switch_whose_cancel_still_waits_has_ended_nothing(browser: Client, resting: Order, alice: User) -> None:
    engaging.engage(account=resting.account, by=alice)
    cancelled_elsewhere(resting)
    assert OrderCommand.objects.get(verb="CANCEL_ALL").state == "PENDING"
    assert newest_event(resting)["cancelled_by"] is None
    assert "Cancelled by Trader" in row_of(browser, resting)


def test_a_cancel_that_still_waits_has_ended_nothing(browser: Client, resting: Order) -> None:
    cancel(browser, resting)
    cancelled_elsewhere(resting)
    assert OrderCommand.objects.get(verb="CANCEL").state == "PENDING"
    assert newest_event(resting)["cancelled_by"] is None


def test_a_kill_switch_that_was_engaged_earlier_has_ended_nothing_now(resting: Order, alice: User) -> None:
    engaging.engage(account=resting.account, by=alice)
    OrderCommand.objects.update(state="SENT", ended_at=timezone.now())
    engaging.release(account=resting.account)
    engaging.engage(account=resting.account, by=alice)
    cancelled_elsewhere(resting)
    assert newest_event(resting)["cancelled_by"] is None


def test_a_kill_switch_that_cancelled_before_an_order_was_there_has_not_ended_it(
    ready_account: BrokerAccount, aapl: Instrument, alice: User
) -> None:
    engaging.engage(account=ready_account, by=alice)
    OrderCommand.objects.update(state="SENT", ended_at=timezone.now())
    orders.apply_update(account_id=ready_account.pk, update=update())
    elsewhere = Order.objects.get()
    cancelled_elsewhere(elsewhere)
    assert newest_event(elsewhere)["cancelled_by"] is None


def test_an_order_that_is_withdrawn_before_it_left_says_by_whom_and_that_it_never_left(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    entry = placed(ready_account, take_profit_price="200")
    cancel(browser, entry)
    for order in (entry, *entry.attached.all()):
        body = order.account.events.filter(subject=str(order.client_order_id)).latest("number").body
        assert body["cancelled_by"] == "alice"
        assert re.search(rf"Cancelled by alice at .* UTC ?\. {WITHDRAWN}", row_of(browser, order))
    detail = text_of(browser, f"/accounts/{entry.account_id}/orders/{entry.client_order_id}/")
    assert "The broker's word — Filled" in detail


def test_an_order_that_the_kill_switch_withdraws_says_so(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, alice: User
) -> None:
    order = placed(ready_account)
    engaging.engage(account=ready_account, by=alice)
    assert re.search(rf"Cancelled by the kill switch at .* UTC ?\. {WITHDRAWN}", row_of(browser, order))


def test_an_order_that_the_node_had_not_sent_says_who_cancelled_it(browser: Client, resting: Order) -> None:
    cancel(browser, resting)
    OrderCommand.objects.filter(verb="CANCEL").update(state="SENT", ended_at=timezone.now())
    said = update(resting, status=OrderStatus.CANCELLED, ib_status="", reason=WITHDRAWN, unsent=Unsent.ORDER)
    orders.apply_update(account_id=resting.account_id, update=said)
    assert newest_event(resting)["cancelled_by"] == "alice"
