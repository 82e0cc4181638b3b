"""The page of an account's limits and its kill switch, and the switch for all at the administrator's desk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from tests.webapp.trading.examples import placed
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import limits
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument, KillSwitch, Order, Watchlist
from webapp.trading.orders import KillSwitchEngaged

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(ready_account: BrokerAccount) -> str:
    return f"/accounts/{ready_account.id}/protection/"


def stored(account: BrokerAccount) -> dict[str, Any]:
    return limits.limits_body(limits.limits_of(account))


def test_limits_are_entered_stored_and_shown_again(
    browser: Client, page: str, ready_account: BrokerAccount, watchlist: Watchlist, elements: Callable[[Any], Any]
) -> None:
    form = {
        "max_quantity": "100",
        "max_notional": "25000.50",
        "notional_currency": "usd",
        "price_band_percent": "5",
        "security_types": ["STK", "OPT"],
        "con_ids": ["265598"],
    }
    response = browser.post(page, form, follow=True)
    assert response.status_code == 200
    assert b"The limits are stored" in response.content
    assert stored(ready_account) == {
        "max_quantity": "100",
        "max_notional": "25000.5",
        "notional_currency": "USD",
        "price_band_percent": "5",
        "fresh_quote": False,
        "security_types": ["STK", "OPT"],
        "con_ids": [265598],
    }
    inputs = elements(browser.get(page)).all("input")
    shown = {field["name"]: field.get("value") for field in inputs if field.get("type") == "text"}
    ticked = {field["value"] for field in inputs if "checked" in field and field["name"] != "fresh_quote"}
    assert (shown["max_quantity"], shown["max_notional"], shown["price_band_percent"]) == ("100", "25000.5", "5")
    assert ticked == {"STK", "OPT", "265598"}


def test_a_limit_that_cannot_be_meant_is_said_beside_its_field(
    browser: Client, page: str, ready_account: BrokerAccount
) -> None:
    response = browser.post(page, {"max_quantity": "-1", "max_notional": "5", "notional_currency": "dollars"})
    assert response.status_code == 422
    assert b"A limit is more than 0, not -1." in response.content
    assert b"is no currency" in response.content
    assert stored(ready_account)["max_quantity"] is None


def test_an_order_over_a_limit_is_refused_in_the_ticket_with_its_limit(
    place: Callable[[dict[str, str]], Any], ticket: Callable[..., dict[str, str]], ready_account: BrokerAccount
) -> None:
    limits.set_limits(account=ready_account, max_quantity="5")
    response = place(ticket(quantity="6"))
    assert response.status_code == 422
    assert "6 is over this account&#x27;s limit of 5 per order" in response.content.decode()
    assert not Order.objects.exists()


def test_the_kill_switch_is_thrown_and_released_on_its_page(
    browser: Client, page: str, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    order = placed(ready_account)
    response = browser.post(f"{page}engage/", {"reason": "wrong currency"}, follow=True)
    assert b"Stopped on this account by alice" in response.content
    assert b"wrong currency" in response.content
    order.refresh_from_db()
    assert order.status == "CANCELLED"
    browser.post(f"{page}release/")
    placed(ready_account)


def test_a_ticket_says_that_trading_is_stopped(
    place: Callable[[dict[str, str]], Any], ticket: Callable[..., dict[str, str]], ready_account: BrokerAccount
) -> None:
    engaging.engage(account=ready_account, by=ready_account.user)
    response = place(ticket())
    assert response.status_code == 422
    assert "kill switch of Paper is engaged" in response.content.decode()


def test_an_owner_is_offered_no_release_of_the_switch_for_all(
    browser: Client, page: str, ready_account: BrokerAccount, bob: User
) -> None:
    engaging.engage_for_all(by=bob)
    text = browser.get(page).content.decode()
    assert "Only an administrator can release it." in text
    assert "Release the kill switch" not in text


ENGAGE, RELEASE = "/desk/kill-switch/engage/", "/desk/kill-switch/release/"


@pytest.fixture
def office(bob: User) -> Client:
    bob.is_staff = bob.is_superuser = True
    bob.save()
    client = Client()
    client.force_login(bob)
    return client


OnCommit = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


def test_the_switch_at_the_desk_stops_all_accounts(
    office: Client, ready_account: BrokerAccount, aapl: Instrument, django_capture_on_commit_callbacks: OnCommit
) -> None:
    order = placed(ready_account)
    with django_capture_on_commit_callbacks(execute=True):
        office.post(ENGAGE, {"confirmation": "STOP ALL", "reason": "exchange trouble"})
    order.refresh_from_db()
    assert order.status == "CANCELLED"
    with pytest.raises(KillSwitchEngaged, match="exchange trouble"):
        placed(ready_account)


def test_releasing_the_switch_at_the_desk_lets_everybody_trade_again(
    office: Client,
    ready_account: BrokerAccount,
    aapl: Instrument,
    bob: User,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    engaging.engage_for_all(by=bob)
    with django_capture_on_commit_callbacks(execute=True):
        office.post(RELEASE, {"confirmation": "RELEASE ALL"})
    assert not KillSwitch.objects.exists()
    placed(ready_account)
