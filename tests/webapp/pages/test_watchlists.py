"""Watchlists on the page: their names, their order, their columns, and the search beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import BrokerAccount, User
from webapp.trading import display
from webapp.trading.models import DisplaySettings, Instrument, Watchlist, WatchlistItem

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SETTINGS = {"columns": ["last", "bid"], "palette": "green_red", "flashes": "on"}


@pytest.fixture
def second(alice: User) -> Watchlist:
    return Watchlist.objects.create(user=alice, name="Second", position=1)


@pytest.fixture
def bobs(bob: User) -> Watchlist:
    return Watchlist.objects.create(user=bob, name="His")


def test_a_list_is_renamed_and_the_screen_that_asked_shows_it(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    form = {"name": "Tech", "account": ready_account.id}
    response = browser.post(f"/watchlists/{watchlist.id}/rename/", form, headers=HTMX)
    assert response["HX-Redirect"] == f"/accounts/{ready_account.id}/trade/?watchlist={watchlist.id}"
    assert Watchlist.objects.get().name == "Tech"


def test_a_name_that_is_taken_is_told_beside_the_field_and_kept_in_it(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist, second: Watchlist, elements: Callable[..., Any]
) -> None:
    form = {"name": "Second", "account": ready_account.id}
    response = browser.post(f"/watchlists/{watchlist.id}/rename/", form, headers=HTMX)
    [field] = [each for each in elements(response).all("input") if each.get("name") == "name"]
    assert response.status_code == 422
    assert (field["value"], field["aria-describedby"]) == ("Second", "watchlist-new-name-error")


def test_lists_and_rows_are_moved(browser: Client, watchlist: Watchlist, second: Watchlist, eurusd: Instrument) -> None:
    WatchlistItem.objects.create(watchlist=watchlist, instrument=eurusd, position=1)
    assert browser.post(f"/watchlists/{second.id}/move/", {"before": watchlist.id}).status_code == 204
    assert [row.name for row in Watchlist.objects.all()] == ["Second", "Main"]
    assert browser.post(f"/watchlists/{second.id}/move/", {"before": ""}).status_code == 204
    assert [row.name for row in Watchlist.objects.all()] == ["Main", "Second"]
    move = f"/watchlists/{watchlist.id}/items/{eurusd.con_id}/move/"
    assert browser.post(move, {"before": "265598"}).status_code == 204
    assert [item.instrument_id for item in watchlist.items.all()] == [eurusd.con_id, 265598]


@pytest.mark.parametrize("before", ["no-id", "404404"])
def test_a_place_that_there_is_none_of_is_not_found(browser: Client, watchlist: Watchlist, before: str) -> None:
    assert browser.post(f"/watchlists/{watchlist.id}/move/", {"before": before}).status_code == 404
    assert browser.post(f"/watchlists/{watchlist.id}/items/265598/move/", {"before": before}).status_code == 404


def test_nothing_is_moved_before_a_list_of_somebody_else(
    browser: Client, watchlist: Watchlist, bobs: Watchlist
) -> None:
    assert browser.post(f"/watchlists/{watchlist.id}/move/", {"before": bobs.id}).status_code == 404


@pytest.fixture
def heads(browser: Client, ready_account: BrokerAccount) -> Callable[[], list[str]]:
    def read() -> list[str]:
        text = browser.get(f"/accounts/{ready_account.id}/trade/").content.decode()
        return [
            part.partition('"')[0]
            for part in text.partition("<colgroup>")[2].partition("</colgroup>")[0].split("col-")[1:]
        ]

    return read


def test_the_columns_are_those_that_the_user_chose_in_that_order(
    browser: Client, watchlist: Watchlist, heads: Callable[[], list[str]]
) -> None:
    assert heads() == ["instrument", *display.DEFAULT_COLUMNS, "data", "actions"]
    assert browser.post("/display/", SETTINGS).status_code == 302
    assert heads() == ["instrument", "last", "bid", "data", "actions"]


def test_what_was_chosen_is_painted_into_the_page(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist, elements: Callable[..., Any]
) -> None:
    browser.post("/display/", SETTINGS)
    response = browser.get(f"/accounts/{ready_account.id}/trade/")
    [root] = elements(response).all("html")
    [grid] = [each for each in elements(response).all("div") if each.get("id") == "watchlist"]
    assert root["data-palette"] == "green_red"
    assert (grid["data-palette"], grid["data-flashes"], grid["data-single-keys"]) == ("green_red", "yes", "no")


def test_what_is_stored_in_the_panel_paints_the_watchlist_anew(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    form = {**SETTINGS, "account": ready_account.id, "watchlist": watchlist.id}
    text = browser.post("/display/", form, headers=HTMX).content.decode()
    assert 'data-con-id="265598"' in text
    assert f"/accounts/{ready_account.id}/ticket/?con_id=265598" in text


@pytest.mark.parametrize("changes", [{"columns": []}, {"columns": ["no"]}, {"palette": "no"}])
def test_a_choice_that_there_is_none_of_is_told_in_the_form(browser: Client, changes: dict[str, Any]) -> None:
    response = browser.post("/display/", SETTINGS | changes, headers=HTMX)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#display-form"
    assert 'role="alert"' in response.content.decode()
    assert not DisplaySettings.objects.exists()


def test_the_form_offers_every_column_those_that_are_shown_first(browser: Client, elements: Callable[..., Any]) -> None:
    browser.post("/display/", SETTINGS)
    boxes = [each for each in elements(browser.get("/display/")).all("input") if each.get("name") == "columns"]
    assert [box["value"] for box in boxes if "checked" in box] == ["last", "bid"]
    assert [box["value"] for box in boxes][:2] == ["last", "bid"]
    assert {box["value"] for box in boxes} == set(display.COLUMNS)


@pytest.mark.parametrize("name", ["account", "watchlist"])
def test_the_panel_leads_back_to_nobody_elses_screen(browser: Client, bobs: Watchlist, bob: User, name: str) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    ids = {"account": his.id, "watchlist": bobs.id}
    assert browser.post("/display/", SETTINGS | {name: ids[name]}).status_code == 404


def test_a_search_by_filter_marks_the_field_that_is_wrong(
    browser: Client, ready_account: BrokerAccount, elements: Callable[..., Any]
) -> None:
    asked = {"q": "SPY", "secType": "OPT", "strike": "abc"}
    response = browser.get(f"/accounts/{ready_account.id}/search/", asked, headers=HTMX)
    [message] = elements(response).with_attribute("data-wrong-field")
    assert response.status_code == 422
    assert message["data-wrong-field"] == "strike"


def test_what_was_known_earlier_is_labelled_and_says_all_that_tells_it_apart(
    browser: Client, account: BrokerAccount, aapl: Instrument
) -> None:
    Instrument.objects.filter(pk=aapl.pk).update(security_type="OPT", strike="190.5", right="P", expiry="2026-12-18")
    asked = {"q": "AAPL", "secType": "OPT"}
    text = browser.get(f"/accounts/{account.id}/search/", asked, headers=HTMX).content.decode()
    assert "known earlier" in text
    for part in ("OPT", "NASDAQ", "USD", "2026-12-18", "190.5 Put", "265598"):
        assert part in text


def test_a_filter_without_a_match_says_what_was_asked(
    browser: Client, account: BrokerAccount, aapl: Instrument
) -> None:
    asked = {"q": "AAPL", "secType": "STK", "currency": "EUR"}
    text = browser.get(f"/accounts/{account.id}/search/", asked, headers=HTMX).content.decode()
    assert "Nothing is found for “AAPL”, secType STK, currency EUR." in text


def test_who_has_no_list_adds_to_a_first_one_that_is_made_once(
    browser: Client, alice: User, ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    for instrument in (aapl, eurusd, aapl):
        form = {"account": ready_account.id, "con_id": instrument.con_id}
        response = browser.post("/watchlists/first/items/", form, headers={"HX-Request": "true"})
        watchlist = Watchlist.objects.get(user=alice)
        assert response["HX-Redirect"] == f"/accounts/{ready_account.id}/trade/?watchlist={watchlist.id}"
    assert watchlist.name == "Main"
    assert [item.instrument for item in watchlist.items.all()] == [aapl, eurusd]
