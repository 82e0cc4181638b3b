"""An order's own page: its terms, every event, every command and every fill."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.domain import CommissionReport, ExecutionReport, OrderSide, OrderStatus, OrderUpdate
from webapp.accounts.models import BrokerAccount
from webapp.trading import commands, fills, orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
AT = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
EXEC_ID = "0000e0d5.6a1b2c3d.01.01"


@pytest.fixture
def update(ready_account: BrokerAccount, aapl: Instrument) -> OrderUpdate:
    """IB's first word on an order; tests replace what differs."""
    return OrderUpdate(
        order_ref="",
        perm_id=77,
        order_id=1,
        account_code="DU1000001",
        con_id=aapl.con_id,
        side=OrderSide.BUY,
        order_type="LMT",
        quantity=Decimal(10),
        time_in_force="DAY",
        status=OrderStatus.SUBMITTED,
        ib_status="PreSubmitted",
        filled_quantity=Decimal(0),
        limit_price=Decimal("187.31"),
        at=AT,
    )


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    return orders.place(
        account=ready_account,
        client_order_id=uuid.uuid4(),
        con_id=aapl.con_id,
        side="BUY",
        order_type="LMT",
        quantity=10,
        limit_price="187.31",
    ).order


@pytest.fixture
def page(browser: Client, ready_account: BrokerAccount) -> Callable[..., Any]:
    return lambda key, **query: browser.get(f"/accounts/{ready_account.id}/orders/{key}/", query, headers=HTMX)


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_every_event_of_an_order_is_there_with_the_brokers_own_word(
    page: Callable[..., Any], order: Order, update: OrderUpdate
) -> None:
    ours = replace(update, order_ref=str(order.client_order_id))
    orders.apply_update(account_id=order.account_id, update=ours)
    rejected = replace(ours, status=OrderStatus.REJECTED, ib_status="Inactive", reason="No shares to borrow (IB 201)")
    orders.apply_update(account_id=order.account_id, update=rejected)
    text = text_of(page(order.client_order_id))
    assert "Buy 10 AAPL at a limit of 187.31, day order" in text
    for number, status, word in ((1, "Pending", "—"), (2, "Submitted", "PreSubmitted"), (3, "Rejected", "Inactive")):
        assert re.search(rf"#{number} [^#]*{status} {word}", text), (number, text)
    assert "No shares to borrow (IB 201)" in text
    assert "77" in text


def test_every_command_says_what_became_of_it(page: Callable[..., Any], order: Order, update: OrderUpdate) -> None:
    OrderCommand.objects.update(state="SENT")
    orders.apply_update(account_id=order.account_id, update=replace(update, order_ref=str(order.client_order_id)))
    change = orders.modify(account=order.account, client_order_id=order.client_order_id, quantity=20)
    commands.record_refused(change, "The link was lost. The order keeps its terms.")
    orders.cancel(account=order.account, client_order_id=order.client_order_id)
    _, _, text = text_of(page(order.client_order_id)).partition("What was asked")
    assert re.search(
        r"Place 10 at a limit of 187\.31, day order .* Sent .*Change 20 .*Refused The link was lost.*Cancel — ", text
    )
    assert text.index("Cancel —") < text.index("Waits for a worker")


def test_fills_come_with_their_commissions_and_what_was_realized(
    page: Callable[..., Any], order: Order, update: OrderUpdate
) -> None:
    orders.apply_update(account_id=order.account_id, update=replace(update, order_ref=str(order.client_order_id)))
    report = ExecutionReport(
        EXEC_ID, str(order.client_order_id), 77, "DU1000001", update.con_id, OrderSide.BUY,
        Decimal(4), Decimal("187.3"), "NASDAQ", AT,
    )  # fmt: skip
    fills.record_execution(account_id=order.account_id, report=report)
    assert 'title="Not reported yet"' in page(order.client_order_id).content.decode()
    commission = CommissionReport(EXEC_ID, Decimal("1.07"), "USD", Decimal("-12.5"))
    fills.record_commission(account_id=order.account_id, report=commission)
    text = text_of(page(order.client_order_id))
    assert "187.30 1.07 USD -12.50 USD NASDAQ" in text


def test_an_order_placed_elsewhere_has_a_page_by_the_brokers_id(
    page: Callable[..., Any], ready_account: BrokerAccount, update: OrderUpdate
) -> None:
    orders.apply_update(account_id=ready_account.id, update=update)
    text = text_of(page("perm-77"))
    assert "it was placed elsewhere" in text
    assert "#1" in text
    assert "Nothing was asked from here" in text


@pytest.mark.parametrize("key", ["perm-78", "perm-x", "perm-", "perm-99999999999999999999", "x", str(uuid.UUID(int=7))])
def test_an_order_that_is_not_there_is_not_found(page: Callable[..., Any], order: Order, key: str) -> None:
    assert page(key).status_code == 404


def test_someone_elses_order_is_not_found(page: Callable[..., Any], order: Order, bob: Any) -> None:
    other = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    Order.objects.update(account=other)
    assert page(order.client_order_id).status_code == 404


def test_an_open_page_is_told_nothing_until_something_is_new(
    page: Callable[..., Any], order: Order, update: OrderUpdate
) -> None:
    def seen() -> str:
        found = re.search(r"\?seen=(\w+)", page(order.client_order_id).content.decode())
        assert found
        return found[1]

    before = seen()
    assert page(order.client_order_id, seen=before).status_code == 204
    OrderCommand.objects.update(state="SENDING")
    assert page(order.client_order_id, seen=before).status_code == 200
    before = seen()
    orders.apply_update(account_id=order.account_id, update=replace(update, order_ref=str(order.client_order_id)))
    assert page(order.client_order_id, seen=before).status_code == 200
    Order.objects.update(status="FILLED")
    assert "seen=" not in page(order.client_order_id).content.decode()


def test_a_browser_without_scripts_gets_a_page_of_its_own(
    browser: Client, ready_account: BrokerAccount, order: Order
) -> None:
    text = browser.get(f"/accounts/{ready_account.id}/orders/{order.client_order_id}/").content.decode()
    assert "<!DOCTYPE html>" in text
    assert "What happened" in text
    assert "<strong>PAPER</strong>" in text
