"""The page of alerts and the number in every page's header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokers.domain import OrderStatus
from tests.webapp.trading.examples import placed, update
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument

pytestmark = pytest.mark.django_db


@pytest.fixture
def stopped(ready_account: BrokerAccount) -> BrokerAccount:
    engaging.engage(account=ready_account, by=ready_account.user, reason="wrong currency")
    return ready_account


def shown(client: Client) -> list[str]:
    """What the page's form says it has shown."""
    text = client.get("/alerts/").content.decode()
    return [part.split('"')[0] for part in text.split('name="shown" value="')[1:]]


def test_an_alert_is_new_in_the_header_until_it_was_seen(browser: Client, stopped: BrokerAccount) -> None:
    assert "data-unseen >1<" in browser.get(f"/accounts/{stopped.pk}/").content.decode()
    page = browser.get("/alerts/").content.decode()
    assert "Stopped on this account by alice: wrong currency." in page
    assert "still so" in page
    browser.post("/alerts/", {"shown": shown(browser)})
    assert "data-unseen hidden>0<" in browser.get("/alerts/").content.decode()
    assert browser.get("/alerts/unseen/").json() == {"unseen": 0}


def test_what_came_after_the_page_stays_new(browser: Client, stopped: BrokerAccount) -> None:
    painted = shown(browser)
    engaging.release(account=stopped)
    engaging.engage(account=stopped, by=stopped.user)
    browser.post("/alerts/", {"shown": painted})
    assert browser.get("/alerts/unseen/").json() == {"unseen": 1}


@pytest.mark.parametrize("entry", ["", "x:1", "00000000-0000-4000-8000-000000000000:1"])
def test_a_mark_on_nothing_of_ones_own_is_not_there(browser: Client, stopped: BrokerAccount, entry: str) -> None:
    assert browser.post("/alerts/", {"shown": entry}).status_code == 404
    assert browser.get("/alerts/unseen/").json() == {"unseen": 1}


def test_nobody_else_is_told(stopped: BrokerAccount, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    assert "Nothing to tell" in client.get("/alerts/").content.decode()
    assert client.post("/alerts/", {"shown": f"{stopped.pk}:1"}).status_code == 404


def test_each_alert_of_an_order_leads_to_its_page_also_of_one_placed_elsewhere(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    for order in (placed(ready_account), None):
        said = update(order, perm_id=901 if order else 900, status=OrderStatus.REJECTED, ib_status="Inactive")
        orders.apply_update(account_id=ready_account.pk, update=said)
    links = [one["href"] for one in elements(browser.get("/alerts/")).all("a") if "/orders/" in (one.get("href") or "")]
    assert len(links) == 2
    assert [browser.get(link).status_code for link in links] == [200, 200]
