"""Profit and loss beneath the positions: what the broker says, and what it doesn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.domain import MarketDataType, Quote
from tests.conftest import user_named
from tests.webapp.pages.answering import answering
from tests.webapp.pages.conftest import HTMX
from webapp.accounts import sharing
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.bus import keys, quotes
from webapp.bus import redis as bus_redis
from webapp.trading.models import AccountValue, Instrument, Position

pytestmark = pytest.mark.django_db

CODE = "DU1000001"


@pytest.fixture
def held(ready_account: BrokerAccount, aapl: Instrument) -> BrokerAccount:
    Position.objects.create(
        account=ready_account, account_code=CODE, instrument=aapl, quantity=10, average_cost=Decimal("187.31")
    )
    return ready_account


def said(con_id: int | None, *, at: datetime | None = None, **amounts: str | None) -> dict[str, Any]:
    unsaid = dict.fromkeys(("daily", "unrealized", "realized", "position", "value"))
    moment = (at or datetime.now(UTC)).isoformat()
    return {"account_code": CODE, "con_id": con_id, **unsaid, **amounts, "at": moment}


def quoted(account: BrokerAccount, instrument: Instrument, *, at: datetime) -> None:
    quote = quotes.encode(
        Quote(con_id=instrument.con_id, at=at, market_data_type=MarketDataType.LIVE, last=Decimal(190))
    )
    bus_redis.client().hset(keys.snapshot(account.id), str(instrument.con_id), quote)


def fragment(client: Client, account: BrokerAccount) -> str:
    response = client.get(f"/accounts/{account.id}/profits/", headers=HTMX)
    assert response.status_code == 200
    return str(response.content.decode())


def row(text: str, label: str) -> str:
    return text.partition(f'data-profit-of="{label}"')[2].partition("</tr>")[0]


def test_without_a_session_all_is_a_dash_and_one_sentence_says_why(browser: Client, held: BrokerAccount) -> None:
    GatewaySession.objects.filter(account=held).update(state="STOPPED")
    text = fragment(browser, held)
    assert row(text, "AAPL").count("—") == row(text, "Whole account").count("—") == 3
    assert text.count("isn&#x27;t known") + text.count("isn't known") == 1
    assert "is stopped, and tells profit and loss only when it is ready." in text


def test_what_the_broker_says_has_its_sign_and_what_it_does_not_say_is_a_dash(
    browser: Client, held: BrokerAccount, aapl: Instrument
) -> None:
    AccountValue.objects.create(account=held, account_code=CODE, tag="NetLiquidation", currency="EUR", value=1)
    profits = [said(aapl.con_id, daily="1234.567", unrealized="-3.5"), said(None, daily="0", realized="12")]
    with answering({"profits": profits}):
        text = fragment(browser, held)
    position, whole = row(text, "AAPL"), row(text, "Whole account")
    assert "+1,234.57" in position
    assert "-3.50" in position
    assert position.count("gain") == position.count("loss") == position.count("—") == 1
    assert ">0.00<" in whole
    assert "+12.00" in whole
    assert "Profit and loss in EUR" in text
    assert "nothing new since" not in text


def test_what_was_said_long_ago_is_said_to_be_old_where_prices_have_moved_since(
    browser: Client, held: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    Position.objects.create(account=held, account_code=CODE, instrument=eurusd, quantity=5)
    before = datetime.now(UTC) - timedelta(minutes=5)
    quoted(held, aapl, at=datetime.now(UTC))
    quoted(held, eurusd, at=before)
    said_before = [said(one.con_id, daily="1", at=before) for one in (aapl, eurusd)]
    with answering({"profits": [*said_before, said(None, daily="1")]}):
        text = fragment(browser, held)
    assert text.count("nothing new since") == 1
    assert "AAPL: its prices have moved, but the broker has said nothing new since" in text
    assert "as of" in row(text, "EUR.USD")


def test_a_flat_account_of_which_nothing_was_said_for_long_alarms_nobody(
    browser: Client, ready_account: BrokerAccount
) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    with answering({"profits": [said(None, daily="0", unrealized="0", realized="0", at=before)]}):
        text = fragment(browser, ready_account)
    assert "as of" in row(text, "Whole account")
    assert "nothing new since" not in text
    assert "⚠" not in text


def test_a_whole_account_is_old_when_the_price_of_anything_that_it_holds_has_moved_since(
    browser: Client, held: BrokerAccount, aapl: Instrument
) -> None:
    quoted(held, aapl, at=datetime.now(UTC))
    with answering({"profits": [said(None, daily="1", at=datetime.now(UTC) - timedelta(minutes=5))]}):
        text = fragment(browser, held)
    assert "Whole account: its prices have moved" in text


def test_a_refusal_of_the_session_is_told_in_its_words(browser: Client, held: BrokerAccount) -> None:
    with answering(refused="The link to the gateway ended."):
        text = fragment(browser, held)
    assert "The link to the gateway ended." in text
    assert row(text, "AAPL").count("—") == 3


def test_an_instruments_page_asks_for_the_profit_and_loss_of_its_position_alone(
    browser: Client, held: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    Position.objects.create(account=held, account_code=CODE, instrument=eurusd, quantity=5)
    AccountValue.objects.create(account=held, account_code=CODE, tag="NetLiquidation", currency="EUR", value=1)
    page = browser.get(f"/accounts/{held.id}/instruments/{aapl.con_id}/").content.decode()
    assert f'hx-get="/accounts/{held.id}/profits/?con_id={aapl.con_id}"' in page
    with answering({"profits": [said(aapl.con_id, daily="3"), said(eurusd.con_id, daily="4"), said(None, daily="7")]}):
        text = browser.get(f"/accounts/{held.id}/profits/?con_id={aapl.con_id}", headers=HTMX).content.decode()
    assert "+3.00" in row(text, "AAPL")
    assert "Profit and loss in EUR" in text
    assert "EUR.USD" not in text
    assert "Whole account" not in text
    assert browser.get(f"/accounts/{held.id}/profits/?con_id=404404", headers=HTMX).status_code == 404


def test_an_instrument_that_is_not_held_says_so(browser: Client, held: BrokerAccount, eurusd: Instrument) -> None:
    page = browser.get(f"/accounts/{held.id}/instruments/{eurusd.con_id}/").content.decode()
    assert "No position in EUR.USD." in page


def test_a_viewer_of_a_shared_account_sees_it(held: BrokerAccount) -> None:
    charlie, client = user_named("charlie"), Client()
    share = sharing.invite(account=held, username="charlie", role="viewer")
    sharing.accept(share)
    client.force_login(charlie)
    with answering({"profits": [said(None, daily="7")]}):
        assert "+7.00" in row(fragment(client, held), "Whole account")
