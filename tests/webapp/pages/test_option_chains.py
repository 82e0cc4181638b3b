"""The option chain of an instrument: its expiries, and one of them by strike."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.webapp.pages.answering import answering
from webapp.accounts.models import BrokerAccount
from webapp.pages.views.option_chains import rows_of
from webapp.trading.models import Instrument, Order

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(ready_account: BrokerAccount, aapl: Instrument) -> str:
    return f"/accounts/{ready_account.id}/instruments/{aapl.con_id}/options/"


def option(aapl: Instrument, con_id: int, strike: str, right: str, expiry: date) -> Instrument:
    said = {
        "security_type": "OPT",
        "exchange": "SMART",
        "currency": "USD",
        "symbol": "AAPL",
        "multiplier": Decimal(100),
    }
    steps = {"price_increment": Decimal("0.01"), "size_increment": Decimal(1), "min_size": Decimal(1)}
    named = {"local_symbol": f"AAPL {strike}{right}", "display_symbol": f"AAPL {strike}{right}"}
    return Instrument.objects.create(
        con_id=con_id,
        strike=Decimal(strike),
        right=right,
        expiry=expiry,
        under_con_id=aapl.con_id,
        **said,
        **steps,
        **named,
    )


def in_days(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


def series(*expiries: date, trading_class: str = "AAPL") -> dict[str, Any]:
    return {"trading_class": trading_class, "multiplier": "100", "expiries": [day.isoformat() for day in expiries]}


def test_the_page_asks_for_the_chain_that_its_address_names(browser: Client, address: str) -> None:
    assert f'hx-get="{address}chain/"' in browser.get(address).content.decode()
    named = browser.get(address, {"expiry": "2026-12-18.AAPL"}).content.decode()
    assert f'hx-get="{address}chain/?expiry=2026-12-18.AAPL"' in named


@pytest.mark.parametrize(("page", "of"), [("options/", "options on AAPL"), ("", "AAPL")])
def test_an_empty_list_of_orders_says_which_orders_it_would_hold(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, page: str, of: str
) -> None:
    text = browser.get(f"/accounts/{ready_account.id}/instruments/{aapl.con_id}/{page}").content.decode()
    assert f"Orders in {of}</h2>" in text
    assert f"No orders in {of} yet." in text
    assert "Cancel all of the account…" in text


def test_calls_stand_left_and_puts_right_of_their_strike(
    browser: Client, address: str, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    expiry = in_days(19)
    for con_id, strike, right in ((1, "190", "C"), (2, "190", "P"), (3, "185", "C"), (4, "185", "P")):
        option(aapl, con_id, strike, right, expiry)
    listed = {"con_ids": [1, 2, 3, 4]}
    with answering(option_series={"series": [series(in_days(-1), in_days(5), expiry)]}, options=listed) as seen:
        response = browser.get(f"{address}chain/", {"expiry": f"{expiry}.AAPL"}, headers=HTMX)
    found = elements(response)
    options = [one["data-option"] for one in found.all("td") if one.get("data-value") == "ask"]
    assert [row["data-strike"] for row in found.all("tr") if "data-strike" in row] == ["185", "190"]
    assert options == ["3", "4", "1", "2"]
    assert [one["value"] for one in found.all("option")] == [f"{in_days(5)}.AAPL", f"{expiry}.AAPL"]
    assert [one["value"] for one in found.all("option") if "selected" in one] == [f"{expiry}.AAPL"]
    assert [name for name, _ in seen.asked] == ["option_series", "options"]
    assert seen.asked[1][1] == {"con_id": aapl.con_id, "expiry": expiry.isoformat(), "trading_class": "AAPL"}
    prices = [one for one in found.all("a") if "price" in (one["class"] or "")]
    assert len(prices) == 8
    assert any("con_id=3&side=BUY" in (one["href"] or "") for one in prices)


def test_each_option_has_places_for_its_implied_volatility_and_its_delta(
    browser: Client, address: str, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    expiry = in_days(19)
    option(aapl, 1, "190", "C", expiry)
    option(aapl, 2, "190", "P", expiry)
    with answering(option_series={"series": [series(expiry)]}, options={"con_ids": [1, 2]}):
        response = browser.get(f"{address}chain/", headers=HTMX)
    model = [
        (one["data-option"], one["data-value"])
        for one in elements(response).all("td")
        if "model" in (one.get("class") or "")
    ]
    assert model == [("1", "implied_volatility"), ("1", "delta"), ("2", "delta"), ("2", "implied_volatility")]
    assert [one["colspan"] for one in elements(response).all("th") if one.get("colspan")] == ["5", "5", "2", "2"]


@pytest.mark.parametrize("wanted", ["", "1999-01-01.AAPL", "nonsense", "<script>"])
def test_an_expiry_that_there_is_none_of_shows_the_nearest(
    browser: Client, address: str, elements: Callable[[Any], Any], wanted: str
) -> None:
    chains = {"series": [series(in_days(40), in_days(12)), series(in_days(12), trading_class="AAPL2")]}
    with answering(option_series=chains, options={"con_ids": []}):
        response = browser.get(f"{address}chain/", {"expiry": wanted}, headers=HTMX)
    chosen = [one["value"] for one in elements(response).all("option") if "selected" in one]
    assert chosen == [f"{in_days(12)}.AAPL"]


def test_what_the_broker_says_instead_of_a_chain_is_shown_and_it_is_asked_again(browser: Client, address: str) -> None:
    with answering(refused="Interactive Brokers is still listing the expiries."):
        text = browser.get(f"{address}chain/", headers=HTMX).content.decode()
    assert "still listing the expiries" in text
    assert 'hx-trigger="load delay:3s"' in text


def test_a_strike_without_a_put_has_a_place_left_empty(aapl: Instrument) -> None:
    [row] = rows_of([option(aapl, 1, "190", "C", in_days(3))])
    assert (row.strike, row.call.con_id if row.call else None, row.put) == (Decimal(190), 1, None)


def test_only_what_options_are_written_on_offers_a_chain(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    for instrument, offered in ((aapl, True), (eurusd, False)):
        page = browser.get(f"/accounts/{ready_account.id}/instruments/{instrument.con_id}/").content.decode()
        assert (f"/instruments/{instrument.con_id}/options/" in page) is offered


def test_orders_of_the_options_alone_are_shown_under_their_chain(
    browser: Client, address: str, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    call = option(aapl, 1, "190", "C", in_days(3))
    ids = {}
    for instrument in (call, aapl):
        ids[instrument.con_id] = uuid.uuid4()
        Order.objects.create(
            account=ready_account, client_order_id=ids[instrument.con_id], instrument=instrument, side="BUY", quantity=1
        )
    text = browser.get(address).content.decode()
    assert str(ids[call.con_id]) in text
    assert str(ids[aapl.con_id]) not in text
