"""An option and a future are called by what tells them apart, wherever a person reads of them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.domain import ExecutionReport, OrderSide
from tests.conftest import instrument_row
from tests.webapp.pages.conftest import HTMX
from webapp.accounts.alert_rows import Alert
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import commands, fills, orders, watchlists
from webapp.trading.models import Instrument, Position

pytestmark = pytest.mark.django_db

LOCAL, NAME = "SPY   261204C00190000", "SPY 4 Dec 2026 190 Call"
AT = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)


@pytest.fixture
def option(db: None) -> Instrument:
    row: Instrument = instrument_row(
        con_id=7001,
        symbol="SPY",
        local_symbol=LOCAL,
        display_symbol=LOCAL,
        security_type="OPT",
        exchange="SMART",
        primary_exchange="",
        currency="USD",
        long_name="SPDR S&P 500 ETF TRUST",
        price_increment=Decimal("0.01"),
        multiplier=Decimal(100),
        trading_class="SPY",
        expiry=date(2026, 12, 4),
        strike=Decimal(190),
        right="C",
    )
    return row


@pytest.fixture
def form(option: Instrument) -> dict[str, str]:
    fixed = {"side": "BUY", "order_type": "LMT", "quantity": "1", "limit_price": "2.50", "time_in_force": "DAY"}
    return {"con_id": str(option.con_id), "client_order_id": str(uuid.uuid4()), **fixed}


def shown(response: Any) -> str:
    """What stands on the page, without titles and other attributes."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_every_list_of_the_trading_screen_names_an_option_and_keeps_its_local_symbol_behind(
    browser: Client, alice: User, ready_account: BrokerAccount, option: Instrument, form: dict[str, str]
) -> None:
    watchlists.add(watchlist=watchlists.create(user=alice, name="Options"), instrument=option)
    order = orders.place(account=ready_account, **form).order  # type: ignore[arg-type]
    Position.objects.create(account=ready_account, account_code="DU1000001", instrument=option, quantity=1)
    report = ExecutionReport(
        "0000e0d5.6a1b2c3d.01.01", str(order.client_order_id), 77, "DU1000001", option.con_id, OrderSide.BUY,
        Decimal(1), Decimal("2.5"), "CBOE", AT,
    )  # fmt: skip
    fills.record_execution(account_id=ready_account.id, report=report)
    page = browser.get(f"/accounts/{ready_account.id}/trade/")
    assert shown(page).count(NAME) >= 4
    assert LOCAL not in shown(page)
    assert page.content.decode().count(f'title="{LOCAL}') >= 4


def test_ticket_review_and_order_say_the_option_in_words(
    browser: Client, ready_account: BrokerAccount, option: Instrument, form: dict[str, str]
) -> None:
    address = f"/accounts/{ready_account.id}"
    ticket = browser.get(f"{address}/ticket/?con_id={option.con_id}", headers=HTMX)
    review = browser.post(f"{address}/ticket/review/", form, headers=HTMX)
    placed = browser.post(f"{address}/orders/", form, headers=HTMX)
    history = browser.get(f"{address}/orders/{form['client_order_id']}/", headers=HTMX)
    assert shown(ticket).startswith(f"{NAME} SPDR")
    for page in (review, placed, history):
        assert f"Buy 1 {NAME} at a limit of 2.50, day order" in shown(page)
        assert LOCAL not in shown(page)


def test_what_is_found_and_an_instruments_own_page_are_named(
    browser: Client, ready_account: BrokerAccount, option: Instrument
) -> None:
    found = browser.get(f"/accounts/{ready_account.id}/search/?q=SPY", headers=HTMX)
    page = browser.get(f"/accounts/{ready_account.id}/instruments/{option.con_id}/")
    assert NAME in shown(found)
    assert f"{NAME} SPDR" in shown(page)
    assert f"Local symbol {LOCAL.replace('   ', ' ')}" in shown(page)


def test_an_alert_and_a_refusal_name_the_option(
    browser: Client, ready_account: BrokerAccount, option: Instrument, form: dict[str, str]
) -> None:
    order = orders.place(account=ready_account, **form).order  # type: ignore[arg-type]
    [command] = order.commands.all()
    commands.record_refused(command, "The market is closed.")
    assert f"BUY 1 {NAME} LMT 2.5 DAY" in Alert.objects.get().text
    wrong = form | {"limit_price": "", "order_type": "TRAIL", "trailing_amount": "0.001", "quantity": "1"}
    refused = browser.post(f"/accounts/{ready_account.id}/ticket/review/", wrong, headers=HTMX)
    assert f"price increment of {NAME}." in shown(refused)


def test_events_carry_the_name_beside_the_brokers_symbol(ready_account: BrokerAccount, form: dict[str, str]) -> None:
    orders.place(account=ready_account, **form)  # type: ignore[arg-type]
    body = ready_account.events.latest("number").body
    assert (body["name"], body["symbol"]) == (NAME, LOCAL)
