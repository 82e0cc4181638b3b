"""Live trading's page: the password typed anew, and the way back without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from webapp.accounts.models import BrokerAccount
from webapp.trading.models import Order

pytestmark = pytest.mark.django_db

PASSWORD = "alice-password"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Tries are counted."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def page(ready_account: BrokerAccount) -> str:
    BrokerAccount.objects.update(trading_mode="live", account_codes=["U1000001"])
    return f"/accounts/{ready_account.id}/"


def test_the_owner_turns_it_on_with_the_password_and_off_without(browser: Client, page: str) -> None:
    assert "<strong>Off</strong>: no order" in browser.get(page).content.decode()
    text = browser.post(f"{page}live-trading/", {"password": PASSWORD}, follow=True).content.decode()
    assert "orders leave with real money." in text
    assert "Live trading turned on" in text
    assert not BrokerAccount.objects.get().is_live_trading_off
    browser.post(f"{page}live-trading/off/")
    assert BrokerAccount.objects.get().is_live_trading_off
    assert "Live trading turned off" in browser.get(page).content.decode()


def test_a_wrong_password_is_said_at_its_field_and_never_written_back(browser: Client, page: str) -> None:
    response = browser.post(f"{page}live-trading/", {"password": "not-hers-at-all"})
    assert response.status_code == 422
    assert "That isn&#x27;t the password that you sign in with here." in response.content.decode()
    assert "not-hers-at-all" not in response.content.decode()
    assert BrokerAccount.objects.get().is_live_trading_off


def test_a_password_cannot_be_guessed_here(browser: Client, page: str) -> None:
    for _ in range(10):
        browser.post(f"{page}live-trading/", {"password": "a guess"})
    response = browser.post(f"{page}live-trading/", {"password": PASSWORD})
    assert response.status_code == 422
    assert "too many tries" in response.content.decode()
    assert BrokerAccount.objects.get().is_live_trading_off


def test_a_ticket_of_an_account_that_is_off_says_where_to_turn_it_on(
    page: str, place: Callable[[dict[str, str]], Any], ticket: Callable[..., dict[str, str]]
) -> None:
    response = place(ticket())
    assert response.status_code == 422
    assert "Its owner turns it on under “Live trading”" in response.content.decode()
    assert not Order.objects.exists()


def test_a_paper_accounts_pages_say_nothing_of_it(browser: Client, ready_account: BrokerAccount) -> None:
    text = browser.get(f"/accounts/{ready_account.id}/").content.decode()
    assert 'id="live-trading-heading"' not in text
    assert "its orders need no leave" in browser.get(f"/accounts/{ready_account.id}/live-trading/").content.decode()


def test_the_trading_screen_warns_while_it_is_off(browser: Client, page: str) -> None:
    assert '<div class="message warn" data-when-live-trading="off" >' in browser.get(f"{page}trade/").content.decode()
    browser.post(f"{page}live-trading/", {"password": PASSWORD})
    assert 'data-when-live-trading="off" hidden>' in browser.get(f"{page}trade/").content.decode()
