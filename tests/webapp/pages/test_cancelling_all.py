"""Cancelling all that is open: asked in words first, then each order by itself."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(ready_account: BrokerAccount, aapl: Instrument) -> str:
    """With two of ours at work, one of them over, and one that was placed elsewhere."""
    for _ in range(3):
        orders.place(
            account=ready_account,
            client_order_id=uuid.uuid4(),
            con_id=aapl.con_id,
            side="BUY",
            order_type="LMT",
            quantity=10,
            limit_price="187.31",
        )
    OrderCommand.objects.update(state="SENT")
    Order.objects.update(status="SUBMITTED")
    over = Order.objects.latest("id")
    Order.objects.filter(pk=over.pk).update(status="FILLED")
    Order.objects.create(
        account=ready_account, instrument=aapl, account_code="DU1", side="BUY", quantity=1, status="SUBMITTED"
    )
    return f"/accounts/{ready_account.id}/orders/cancel-all/"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_question_says_how_many_where_and_whether_it_is_paper(browser: Client, address: str) -> None:
    text = text_of(browser.get(address, headers=HTMX))
    assert "2 open orders on Paper (DU1000001), simulated money" in text
    assert "1 more, placed elsewhere" in text
    assert "Cancel 2 orders (PAPER)" in text
    assert not OrderCommand.objects.filter(verb="CANCEL").exists()


def test_each_open_order_of_ours_is_cancelled(browser: Client, address: str) -> None:
    text = text_of(browser.post(address, headers=HTMX))
    assert "2 cancels are on the way" in text
    assert "1 order placed elsewhere stays" in text
    assert OrderCommand.objects.filter(verb="CANCEL").count() == 2


def test_a_session_that_is_away_is_said_and_the_question_stays(browser: Client, address: str) -> None:
    GatewaySession.objects.update(state="STOPPED")
    response = browser.post(address, headers=HTMX)
    assert response.status_code == 503
    assert "takes cancels only when it is connected" in text_of(response)
    assert "Cancel 2 orders (PAPER)" in text_of(response)


def test_with_nothing_open_there_is_nothing_to_press(
    browser: Client, address: str, elements: Callable[[Any], Any]
) -> None:
    Order.objects.update(status="CANCELLED")
    response = browser.get(address, headers=HTMX)
    assert "There is no open order of yours" in text_of(response)
    assert not elements(response).all("form")
