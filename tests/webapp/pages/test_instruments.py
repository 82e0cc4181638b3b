"""The page of one instrument: its first paint, its chart's past, its hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.webapp.pages.answering import answering
from webapp.accounts.models import AccountShare, BrokerAccount, GatewaySession, User
from webapp.pages import hours, words
from webapp.trading.models import Instrument, Position

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(ready_account: BrokerAccount, aapl: Instrument) -> str:
    return f"/accounts/{ready_account.id}/instruments/{aapl.con_id}/"


def test_the_page_says_what_the_contract_is_and_where_its_chart_comes_from(
    browser: Client, address: str, elements: Callable[[Any], Any], ready_account: BrokerAccount
) -> None:
    response = browser.get(address, {"span": "1w"})
    [chart] = [one for one in elements(response).all("section") if one.get("id") == "chart-panel"]
    text = response.content.decode()
    assert chart["data-bars-url"] == f"{address}bars/"
    assert (chart["data-zone"], chart["data-span"]) == ("America/New_York", "1w")
    assert 'href="https://www.tradingview.com/"' in text
    for said in ("APPLE INC", "SMART, listed on NASDAQ", "America/New_York", "PAPER"):
        assert said in text


def test_a_multiplier_that_nobody_knows_is_a_dash_and_a_shares_is_1(browser: Client, address: str) -> None:
    assert "<dt>Multiplier</dt><dd>1</dd>" in browser.get(address).content.decode()
    Instrument.objects.update(security_type="OPT")
    assert "<dt>Multiplier</dt><dd>—</dd>" in browser.get(address).content.decode()


def test_an_address_that_names_no_span_shows_a_day(browser: Client, address: str) -> None:
    for span in ("", "5y", "<b>"):
        assert 'data-span="1d"' in browser.get(address, {"span": span}).content.decode()


def test_what_nobody_has_looked_up_has_no_page(browser: Client, ready_account: BrokerAccount) -> None:
    for rest in ("", "bars/", "hours/"):
        assert browser.get(f"/accounts/{ready_account.id}/instruments/4711/{rest}").status_code == 404


def test_only_what_is_open_in_this_instrument_is_shown(
    browser: Client, address: str, ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    for instrument in (aapl, eurusd):
        Position.objects.create(
            account=ready_account, account_code="DU1", instrument=instrument, quantity=7, average_cost=Decimal(1)
        )
    text = browser.get(address).content.decode()
    assert f'data-position-con-id="{aapl.con_id}"' in text
    assert f'data-position-con-id="{eurusd.con_id}"' not in text


def test_a_watchlist_row_and_a_position_lead_to_the_page(
    browser: Client, address: str, ready_account: BrokerAccount, aapl: Instrument, watchlist: Any
) -> None:
    Position.objects.create(
        account=ready_account, account_code="DU1", instrument=aapl, quantity=7, average_cost=Decimal(1)
    )
    assert browser.get(f"/accounts/{ready_account.id}/trade/").content.decode().count(f'href="{address}"') == 2


BARS = {
    "bars": [],
    "loaded_at": "2026-11-30T15:00:00+00:00",
    "what_to_show": "TRADES",
    "is_stale": False,
    "stale_reason": "",
}


def test_a_chart_s_past_is_what_the_session_answers(browser: Client, address: str, aapl: Instrument) -> None:
    with answering(BARS) as asked:
        response = browser.get(f"{address}bars/", {"span": "1m"})
    assert response.json() == BARS
    assert asked.question == ("bars", {"con_id": aapl.con_id, "span": "1m"})


def test_a_past_that_is_refused_comes_as_a_sentence(browser: Client, address: str) -> None:
    with answering(refused="No market data permissions for NASDAQ."):
        response = browser.get(f"{address}bars/", {"span": "1d"})
    assert (response.status_code, response.json()) == (503, {"message": "No market data permissions for NASDAQ."})


def test_a_span_that_there_is_none_of_is_told_which_there_are(browser: Client, address: str) -> None:
    response = browser.get(f"{address}bars/", {"span": "5y"})
    assert (response.status_code, response.json()["message"]) == (422, "A chart's span is one of 1d, 1w, 1m, 1y.")


LISTED = {
    "trading_hours": [["2026-11-30T09:00:00+00:00", "2026-12-01T01:00:00+00:00"]],
    "liquid_hours": [["2026-11-30T14:30:00+00:00", "2026-11-30T21:00:00+00:00"]],
    "hours_until": "2026-12-05T05:00:00+00:00",
}


def test_hours_are_on_the_exchange_s_clock() -> None:
    told = hours.context(LISTED, "America/New_York", now=datetime(2026, 11, 30, 12, tzinfo=UTC))
    [day] = told["days"]
    shown = [f"{one.start:%H:%M}-{one.end:%H:%M}" for one in (*day.trading, *day.regular)]
    assert shown == ["04:00-20:00", "09:30-16:00"]
    assert told["is_open"] is True
    assert told["zone"] == "America/New_York"


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (datetime(2026, 11, 30, 8, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 1, tzinfo=UTC), False),
        (datetime(2026, 12, 6, 12, tzinfo=UTC), None),
    ],
)
def test_whether_it_is_open_is_not_known_beyond_what_is_listed(now: datetime, is_open: bool | None) -> None:
    assert hours.context(LISTED, "America/New_York", now=now)["is_open"] is is_open


def test_hours_that_nobody_tells_say_why(browser: Client, address: str) -> None:
    with answering(refused="The gateway didn't answer within 4 seconds. Try again."):
        told = browser.get(f"{address}hours/", headers=HTMX).content.decode()
    assert "The gateway didn&#x27;t answer" in told
    with answering({"trading_hours": [], "liquid_hours": [], "hours_until": None}):
        assert "isn't known" in browser.get(f"{address}hours/", headers=HTMX).content.decode()


def test_price_steps_are_told_from_the_lowest_price_on() -> None:
    assert words.all_steps("0:0.01") == "0.01"
    assert words.all_steps("0:0.0001 1:0.005 10:0.01") == "0.0001 below 1, 0.005 below 10, 0.01 from there"
    assert words.all_steps("") == ""


def test_whoever_may_only_look_gets_no_ticket(
    address: str, ready_account: BrokerAccount, bob: User, elements: Callable[[Any], Any]
) -> None:
    AccountShare.objects.create(
        account=ready_account, username="bob", user=bob, role="viewer", accepted_at=timezone.now()
    )
    viewer = Client()
    viewer.force_login(bob)
    found = elements(viewer.get(address))
    [depth] = [one for one in found.all("section") if one.get("id") == "depth-panel"]
    assert depth["data-ticket-url"] == ""
    assert [one for one in found.all("a") if "price" in (one.get("class") or "")] == []


def test_a_session_that_is_down_is_not_waited_for(browser: Client, address: str) -> None:
    GatewaySession.objects.update(state="STOPPED")
    with answering(BARS) as seen:
        response = browser.get(f"{address}bars/", {"span": "1d"})
    assert response.json()["message"] == "The session isn't ready, so the broker can't be asked."
    assert seen.asked == []
