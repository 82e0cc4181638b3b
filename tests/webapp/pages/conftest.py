from __future__ import annotations

import uuid
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.webapp.pages.browsing import chromium, desk, server  # noqa: F401 - fixtures
from webapp.accounts.models import BrokerAccount, User
from webapp.trading.models import Instrument, Watchlist, WatchlistItem

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(alice: User) -> Client:
    """alice, signed in. Without CSRF checks: `test_entrance.py` has those for every form."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def watchlist(alice: User, aapl: Instrument) -> Watchlist:
    row = Watchlist.objects.create(user=alice, name="Main")
    WatchlistItem.objects.create(watchlist=row, instrument=aapl)
    return row


@pytest.fixture
def ticket(aapl: Instrument) -> Callable[..., dict[str, str]]:
    """What a filled-in ticket sends."""

    def filled(**changes: str) -> dict[str, str]:
        values = {
            "client_order_id": str(uuid.uuid4()),
            "con_id": str(aapl.con_id),
            "side": "BUY",
            "order_type": "LMT",
            "quantity": "10",
            "limit_price": "187.31",
            "time_in_force": "DAY",
        }
        return values | changes

    return filled


@pytest.fixture
def review(browser: Client, ready_account: BrokerAccount) -> Callable[[dict[str, str]], Any]:
    return lambda form: browser.post(f"/accounts/{ready_account.id}/ticket/review/", form, headers=HTMX)


@pytest.fixture
def place(browser: Client, ready_account: BrokerAccount) -> Callable[[dict[str, str]], Any]:
    return lambda form: browser.post(f"/accounts/{ready_account.id}/orders/", form, headers=HTMX)


class Elements(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def with_attribute(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.found if name in attributes]


@pytest.fixture
def elements() -> Callable[[Any], Elements]:
    return lambda response: Elements(response.content.decode())
