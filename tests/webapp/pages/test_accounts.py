"""Connecting an account, following its session, starting and stopping it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from webapp.accounts import credentials, events, sessions
from webapp.accounts.models import BrokerAccount, Credential, GatewaySession, User
from webapp.trading.kill_switch import engaging
from workers.unsealing import Opener

pytestmark = pytest.mark.django_db

PASSWORD = "s3cret-broker-word"
LOGIN = {"name": "Mine", "username": "alice-at-broker", "password": PASSWORD, "trading_mode": "paper"}


@pytest.fixture
def failed(account: BrokerAccount, keysets: SimpleNamespace) -> BrokerAccount:
    credentials.store(account=account, username="alice", password="wrong")
    GatewaySession.objects.update(state="AUTH_FAILED", state_reason="The broker refused this username and password.")
    return account


def test_a_stranger_sees_the_front_page_and_a_user_their_accounts(browser: Client) -> None:
    assert "Sign up" in Client().get("/").content.decode()
    assert browser.get("/")["Location"] == "/accounts/"


def test_a_stranger_is_sent_to_sign_in_and_back(account: BrokerAccount) -> None:
    address = f"/accounts/{account.id}/trade/"
    assert Client().get(address)["Location"] == f"/auth/login/?next={address}"


def test_a_strangers_fragment_moves_the_whole_page_to_sign_in(account: BrokerAccount) -> None:
    """Or the sign-in form would be filled into the ticket's place."""
    page = f"http://testserver/accounts/{account.id}/trade/"
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    response = Client().get(f"/accounts/{account.id}/values/", headers=headers)
    assert response["HX-Redirect"] == f"/auth/login/?next=/accounts/{account.id}/trade/"
    assert response.content == b""


def test_the_list_shows_what_is_mine_and_nothing_else(browser: Client, account: BrokerAccount, bob: User) -> None:
    his = BrokerAccount.objects.create(user=bob, name="Bobs own", trading_mode="live")
    GatewaySession.objects.create(account=his)
    text = browser.get("/accounts/").content.decode()
    assert str(account.id) in text
    assert "Bobs own" not in text


def test_connecting_stores_the_login_sealed_and_goes_to_the_session(browser: Client, keysets: SimpleNamespace) -> None:
    response = browser.post("/accounts/connect/", LOGIN)
    account = BrokerAccount.objects.get()
    assert response["Location"] == f"/accounts/{account.id}/"
    assert account.session.desired_state == "RUNNING"
    assert PASSWORD.encode() not in bytes(Credential.objects.get().sealed)


@pytest.mark.parametrize(("mode", "name"), [("paper", "Paper account"), ("live", "Live account")])
def test_an_account_without_a_name_gets_the_plain_one(
    browser: Client, keysets: SimpleNamespace, mode: str, name: str
) -> None:
    browser.post("/accounts/connect/", LOGIN | {"name": "", "trading_mode": mode})
    assert BrokerAccount.objects.get().name == name


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "", "Enter the broker username."),
        ("username", "a\x07b", "control character"),
        ("password", "", "Enter the broker password."),
        ("password", "x" * 200, "at most 100 characters"),
        ("name", "n" * 61, "1 to 60 characters"),
        ("trading_mode", "demo", "is not one of the available choices"),
        ("trading_mode", "", "paper or live"),
    ],
)
def test_a_wrong_field_of_the_connect_form_is_marked_and_nothing_is_stored(
    browser: Client, keysets: SimpleNamespace, elements: Callable[[Any], Any], field: str, value: str, says: str
) -> None:
    response = browser.post("/accounts/connect/", LOGIN | {field: value})
    assert response.status_code == 422
    assert says in response.content.decode()
    assert f"id_{field}_error" in {each["id"] for each in elements(response).with_attribute("id")}
    assert not BrokerAccount.objects.exists()


@pytest.mark.parametrize("wrong", [{"username": ""}, {"name": "n" * 61}, {"trading_mode": "demo"}])
def test_the_password_never_comes_back(
    browser: Client, keysets: SimpleNamespace, elements: Callable[[Any], Any], wrong: dict[str, str]
) -> None:
    response = browser.post("/accounts/connect/", LOGIN | wrong)
    [password] = [field for field in elements(response).all("input") if field["name"] == "password"]
    assert PASSWORD not in response.content.decode()
    assert "value" not in password
    assert password["autocomplete"] == "new-password"


def test_the_password_reaches_the_broker_with_its_spaces(browser: Client, keysets: SimpleNamespace) -> None:
    browser.post("/accounts/connect/", LOGIN | {"password": " two words "})
    assert Opener().login_of(BrokerAccount.objects.get().id).password == " two words "


def test_a_server_that_can_not_seal_says_so_and_stores_nothing(
    browser: Client, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PUBLIC_KEYSET = tmp_path / "missing.json"
    response = browser.post("/accounts/connect/", LOGIN)
    assert response.status_code == 503
    assert "nothing was stored" in response.content.decode()
    assert str(tmp_path) not in response.content.decode()
    assert PASSWORD not in caplog.text
    assert not BrokerAccount.objects.exists()


def test_the_session_page_says_state_account_code_and_whether_it_may_trade(
    browser: Client, ready_account: BrokerAccount, elements: Callable[[Any], Any]
) -> None:
    page = elements(browser.get(f"/accounts/{ready_account.id}/"))
    [state] = page.with_attribute("data-session-state")
    [may_trade] = page.with_attribute("data-may-trade")
    [ready] = page.with_attribute("data-when-ready")
    assert state["data-session-state"] == "READY"
    assert may_trade["data-may-trade"] == "yes"
    assert "hidden" not in ready


@pytest.mark.parametrize(
    ("state", "desired", "offered"),
    [
        ("STOPPED", "STOPPED", {"start"}),
        ("STARTING", "RUNNING", {"stop"}),
        ("READY", "RUNNING", {"stop"}),
        ("AUTH_FAILED", "STOPPED", {"password"}),
        ("ERROR", "RUNNING", {"start", "stop"}),
    ],
)
def test_a_session_offers_what_can_be_done_about_it(
    browser: Client,
    account: BrokerAccount,
    elements: Callable[[Any], Any],
    state: str,
    desired: str,
    offered: set[str],
) -> None:
    GatewaySession.objects.update(state=state, desired_state=desired)
    actions = elements(browser.get(f"/accounts/{account.id}/")).with_attribute("data-action")
    assert {each["data-action"] for each in actions if "hidden" not in each} == offered


def test_what_happened_is_listed_newest_first(browser: Client, account: BrokerAccount) -> None:
    for reason in ("first reason", "second reason"):
        body = sessions.as_body(account.session) | {"reason": reason}
        with transaction.atomic():
            events.append(account_id=account.id, kind="session", subject="", body=body)
    text = browser.get(f"/accounts/{account.id}/").content.decode()
    assert text.index("second reason") < text.index("first reason")


def test_start_and_stop_change_what_is_wanted(browser: Client, account: BrokerAccount, keysets: Any) -> None:
    credentials.store(account=account, username="demo", password="demo")
    browser.post(f"/accounts/{account.id}/start/")
    assert GatewaySession.objects.get().desired_state == "RUNNING"
    browser.post(f"/accounts/{account.id}/stop/")
    assert GatewaySession.objects.get().desired_state == "STOPPED"


def test_a_refused_login_is_not_started_again_before_it_was_entered_again(
    browser: Client, failed: BrokerAccount
) -> None:
    response = browser.post(f"/accounts/{failed.id}/start/", follow=True)
    assert GatewaySession.objects.get().desired_state == "STOPPED"
    assert sessions.LOGIN_REFUSED in response.content.decode()


def test_a_new_password_is_stored_and_the_session_starts(browser: Client, failed: BrokerAccount) -> None:
    response = browser.post(f"/accounts/{failed.id}/password/", {"username": "alice", "password": PASSWORD})
    assert response["Location"] == f"/accounts/{failed.id}/"
    assert Credential.objects.get().account == failed
    assert GatewaySession.objects.get().desired_state == "RUNNING"


def test_an_empty_new_password_is_marked_and_starts_nothing(browser: Client, failed: BrokerAccount) -> None:
    response = browser.post(f"/accounts/{failed.id}/password/", {"username": "alice", "password": ""})
    assert response.status_code == 422
    assert "Enter the broker password." in response.content.decode()
    assert GatewaySession.objects.get().state == "AUTH_FAILED"


@pytest.mark.parametrize("address", ["/", "/auth/login/", "/auth/signup/", "/accounts/", "/accounts/connect/"])
def test_pages_run_nothing_inline_and_load_nothing_from_elsewhere(
    browser: Client, elements: Callable[[Any], Any], address: str
) -> None:
    client = Client() if address.startswith("/auth") or address == "/" else browser
    response = client.get(address)
    page = elements(response)
    scripts = [script for script in page.all("script") if script.get("type") != "application/json"]
    loaded = [each.get("src") or each.get("href") for each in scripts + page.all("link") + page.all("img")]
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert loaded
    assert all(str(each).startswith("/static/") for each in loaded)
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on") or name == "style"]


def test_what_a_user_sees_stays_out_of_caches(browser: Client, ready_account: BrokerAccount) -> None:
    assert "no-store" in browser.get(f"/accounts/{ready_account.id}/trade/")["Cache-Control"]


def test_the_nightly_restart_is_at_everybodys_time_until_its_owner_says_another(
    browser: Client, account: BrokerAccount, settings: Any
) -> None:
    settings.RESTART_WINDOW = timedelta(minutes=60)
    address = f"/accounts/{account.id}/"
    assert 'value="23:45"' in browser.get(address).content.decode()
    assert "for up to 60 minutes" in browser.get(address).content.decode()
    browser.post(f"{address}restart/", {"restart_at": "05:45"})
    assert 'value="05:45"' in browser.get(address).content.decode()
    page = browser.post(f"{address}restart/", {"restart_at": "noon"}, follow=True).content.decode()
    assert "is a time like 23:45" in page
    assert 'value="05:45"' in page
    browser.post(f"{address}restart/", {"restart_at": ""})
    assert 'value="23:45"' in browser.get(address).content.decode()


def test_a_second_factor_is_asked_for_on_the_page_and_an_alert_stands_above_it(
    browser: Client, account: BrokerAccount
) -> None:
    asked = {"attempt": 2, "attempts": 3, "until": "2026-11-29T06:03:00+00:00"}
    GatewaySession.objects.update(state="TWO_FACTOR", second_factor=asked, alert="Down since noon.")
    for page in ("", "trade/"):
        text = browser.get(f"/accounts/{account.id}/{page}").content.decode()
        assert "data-when-alert >" in text
        assert "Down since noon." in text
    session = browser.get(f"/accounts/{account.id}/").content.decode()
    assert "data-second-factor >" in session
    GatewaySession.objects.update(state="READY", second_factor=None, alert="")
    session = browser.get(f"/accounts/{account.id}/").content.decode()
    assert "data-second-factor hidden" in session
    assert "data-when-alert hidden" in session


def test_a_login_that_needs_its_person_offers_to_try_again(browser: Client, account: BrokerAccount) -> None:
    GatewaySession.objects.update(state="AUTH_REQUIRED", desired_state="STOPPED")
    assert "data-start>Try again</button>" in browser.get(f"/accounts/{account.id}/").content.decode()


def test_a_log_that_nobody_has_says_so(browser: Client, account: BrokerAccount) -> None:
    assert "No worker is running" in browser.get(f"/accounts/{account.id}/log/").content.decode()


def test_every_page_of_an_account_shows_the_way_to_the_broker_in_its_parts(
    browser: Client, ready_account: BrokerAccount
) -> None:
    for page in ("", "trade/", "protection/"):
        text = browser.get(f"/accounts/{ready_account.id}/{page}").content.decode()
        assert 'Gateway<span class="said">: <span data-part-label>connected</span>' in text
        assert 'IB<span class="said">: <span data-part-label>connected</span>' in text
    GatewaySession.objects.update(state="ERROR")
    text = browser.get(f"/accounts/{ready_account.id}/").content.decode()
    assert 'Gateway<span class="said">: <span data-part-label>no connection</span>' in text
    assert 'IB<span class="said">: <span data-part-label>not known</span>' in text


@pytest.mark.parametrize("page", ["", "{id}/", "{id}/trade/"])
def test_no_page_gives_a_lost_workers_last_word_as_the_reason(
    browser: Client, ready_account: BrokerAccount, page: str
) -> None:
    GatewaySession.objects.update(owner="worker-1", lease_expires_at=Now() - timedelta(seconds=1))
    GatewaySession.objects.update(state_reason="The broker confirmed DU1000001.")
    text = browser.get(f"/accounts/{page.format(id=ready_account.id)}").content.decode()
    assert "The broker confirmed" not in text
    assert "Its worker has gone silent." in text


def test_a_ticks_age_is_told_where_there_are_quotes_alone(browser: Client, ready_account: BrokerAccount) -> None:
    for page, is_told in (("", False), ("protection/", False), ("trade/", True)):
        text = browser.get(f"/accounts/{ready_account.id}/{page}").content.decode()
        assert ("data-last-tick" in text) is is_told, page


def test_no_order_is_said_to_flow_on_a_session_that_is_up_and_stopped(
    browser: Client, ready_account: BrokerAccount
) -> None:
    engaging.engage(account=ready_account, by=ready_account.user, reason="lunch")
    text = browser.get(f"/accounts/{ready_account.id}/").content.decode()
    assert "Trading is stopped." in text
    assert "what becomes of orders come in as they happen" in text


def test_a_card_says_what_the_system_does_and_what_a_person_can_do(browser: Client, account: BrokerAccount) -> None:
    GatewaySession.objects.update(state="TWO_FACTOR", desired_state="RUNNING", state_reason="Attempt 1 of 3.")
    text = browser.get(f"/accounts/{account.id}/").content.decode()
    assert "The gateway waits at the login until you approve it" in text
    assert "Open IBKR Mobile on your phone" in text
    assert '<button class="primary">Ask again</button>' in text
    browser.post(f"/accounts/{account.id}/again/")
    session = GatewaySession.objects.get()
    assert (session.desired_state, session.starts_again) in (("STOPPED", True), ("RUNNING", False))


def test_what_happened_says_nothing_twice(browser: Client, ready_account: BrokerAccount) -> None:
    """A stop that was asked for tells of the session once more, which is still what it was."""
    events = ready_account.events
    said = [("READY", "Confirmed."), ("READY", "Confirmed."), ("STOPPED", "Stopped.")]
    for number, (state, reason) in enumerate(said):
        body = {"state": state, "reason": reason, "desired_state": "STOPPED"}
        events.create(number=1000 + number, kind="session", body=body, at=timezone.now())
    page = browser.get(f"/accounts/{ready_account.id}/").content.decode()
    past = page.partition("data-past>")[2].partition("</ol>")[0]
    assert past.count("<strong>Ready</strong> Confirmed.") == 1
    assert past.count("<strong>Stopped</strong></span>") == 1
