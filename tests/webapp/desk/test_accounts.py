"""Accounts across users: found, narrowed, started, stopped, suspended, killed; each deed is in the audit log."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from brokers.domain import MarketDataType, Quote
from webapp.accounts import sessions, sharing
from webapp.accounts.models import AccountEvent, BrokerAccount, Credential, GatewaySession, User
from webapp.audit.models import AuditEntry
from webapp.bus import quotes
from webapp.bus.redis import async_client, client
from webapp.trading.models import KillSwitch

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(ready_account: BrokerAccount, bob: User) -> BrokerAccount:
    """bob's, in error, beside alice's that is ready."""
    account = BrokerAccount.objects.create(user=bob, name="His", trading_mode="live")
    GatewaySession.objects.create(
        account=account,
        state="ERROR",
        desired_state="RUNNING",
        alert="Down for too long.",
        alert_since="2026-01-05T15:30:00Z",
        last_error="The gateway is gone.",
        owner="worker-9",
        gateway_id="gateway-4711",
    )
    return account


def names(page: Any) -> list[str]:
    return [row.account.name for row in page.context["rows"]]


def test_the_list_shows_every_account_with_what_an_administrator_asks_first(
    desk: Client, theirs: BrokerAccount
) -> None:
    page = desk.get("/desk/")
    assert names(page) == ["His", "Paper"]
    text = page.content.decode()
    for shown in ("bob", "LIVE", "Error", "Down for too long.", "The gateway is gone.", "worker-9", "gateway-4711"):
        assert shown in text


def test_a_suspended_account_is_said_to_be_so_once(desk: Client, theirs: BrokerAccount) -> None:
    GatewaySession.objects.update(owner="", lease_expires_at=None)
    sessions.suspend(theirs.id, "Unpaid.")
    row = desk.get("/desk/").content.decode().split("<tr>")[-1]
    assert row.count(">Suspended</span>") == 1
    GatewaySession.objects.filter(account=theirs).update(state="ERROR")
    row = desk.get("/desk/").content.decode().split("<tr>")[-1]
    assert (row.count(">Error</span>"), row.count(">Suspended</span>")) == (1, 1)


def test_what_can_have_the_focus_keeps_it_when_the_list_is_renewed(desk: Client, theirs: BrokerAccount) -> None:
    """htmx gives the focus back to what has the same id."""
    page = desk.get("/desk/").content.decode()
    renewed = page[page.index('id="accounts"') : page.index("</main>")]
    focusable = re.findall(r"<(?:a|button)\b[^>]*>", renewed)
    assert len(focusable) >= 6
    assert [tag for tag in focusable if ' id="' not in tag] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bob"}, ["His"]),
        ({"q": "4711"}, ["His"]),
        ({"q": "DU1000001"}, ["Paper"]),
        ({"q": "nothing like it"}, []),
        ({"state": "READY"}, ["Paper"]),
        ({"mode": "live"}, ["His"]),
        ({"show": "alert"}, ["His"]),
        ({"show": "waiting"}, ["His"]),
        ({"show": "up"}, ["Paper"]),
        ({"show": "suspended"}, []),
        ({"show": "killed"}, []),
        ({"show": "rubbish", "state": "rubbish", "page": "rubbish", "q": "\x00"}, ["His", "Paper"]),
    ],
    ids=str,
)
def test_the_list_narrows(desk: Client, theirs: BrokerAccount, query: dict[str, str], found: list[str]) -> None:
    assert names(desk.get("/desk/", query)) == found


def test_a_tick_has_an_age_and_no_tick_is_a_dash(desk: Client, ready_account: BrokerAccount) -> None:
    assert desk.get("/desk/").context["rows"][0].ticked_at is None
    at = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
    asyncio.run(publish(ready_account, Quote(con_id=1, at=at, market_data_type=MarketDataType.LIVE)))
    assert desk.get("/desk/").context["rows"][0].ticked_at == at


async def publish(account: BrokerAccount, quote: Quote) -> None:
    async with async_client() as redis:
        await quotes.publish(redis, account.id, 1, 1, {1: quotes.encode(quote), "bars:1": "{}"})


def test_without_redis_the_list_still_shows(desk: Client, ready_account: BrokerAccount, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    client.cache_clear()
    try:
        assert desk.get("/desk/").context["rows"][0].ticked_at is None
    finally:
        client.cache_clear()


def test_one_account_is_shown_and_each_look_is_in_the_audit_log(desk: Client, ready_account: BrokerAccount) -> None:
    page = f"/desk/accounts/{ready_account.id}/"
    assert desk.get(page).status_code == 200
    desk.get(page, headers={"HX-Request": "true"})
    looks = AuditEntry.objects.filter(action="account_looked_at")
    told = [(entry.actor, entry.owner, entry.via, entry.user_agent) for entry in looks]
    assert told == [("charlie", "alice", "desk", "Firefox")] * 2


def test_an_open_page_renews_its_card_alone_and_that_is_no_look(desk: Client, ready_account: BrokerAccount) -> None:
    page = desk.get(f"/desk/accounts/{ready_account.id}/").content.decode()
    [address] = re.findall(r'hx-get="([^"]+)"', page)
    card = desk.get(address, headers={"HX-Request": "true"}).content.decode()
    assert card.startswith('<section class="card" id="session"')
    assert card.rstrip().endswith("</section>")
    assert "Audit log" not in card
    assert AuditEntry.objects.filter(action="account_looked_at").count() == 1


def act(desk: Client, account: BrokerAccount, deed: str, **fields: str) -> str:
    response = desk.post(f"/desk/accounts/{account.id}/{deed}/", fields, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def session_of(account: BrokerAccount) -> GatewaySession:
    return GatewaySession.objects.get(account=account)


def test_a_session_is_stopped_and_started(desk: Client, ready_account: BrokerAccount) -> None:
    assert "A stop was asked for." in act(desk, ready_account, "stop")
    assert session_of(ready_account).desired_state == "STOPPED"
    assert "A start was asked for." in act(desk, ready_account, "start")
    assert session_of(ready_account).desired_state == "RUNNING"
    told = AuditEntry.objects.filter(via="desk", actor="charlie").values_list("action", flat=True)
    assert {"session_stop", "session_start"} <= set(told)


def test_a_button_in_the_list_comes_back_to_the_list_as_it_was_narrowed(
    desk: Client, ready_account: BrokerAccount
) -> None:
    response = desk.post(f"/desk/accounts/{ready_account.id}/stop/", {"narrowing": "state=READY&q=a"})
    assert response["Location"] == "/desk/?state=READY&q=a"
    response = desk.post(f"/desk/accounts/{ready_account.id}/stop/", {"narrowing": "https://elsewhere.example/"})
    assert response["Location"].startswith("/desk/?")


def test_a_start_that_is_refused_says_why(desk: Client, account: BrokerAccount) -> None:
    GatewaySession.objects.update(state="AUTH_FAILED")
    assert "repeating a wrong password locks the login" in act(desk, account, "start")


def test_a_suspended_account_is_stopped_and_its_owner_reads_why(desk: Client, ready_account: BrokerAccount) -> None:
    act(desk, ready_account, "suspend", reason="The fee is unpaid.")
    ready_account.refresh_from_db()
    assert ready_account.is_suspended
    assert session_of(ready_account).desired_state == "STOPPED"
    assert AccountEvent.objects.filter(kind="session", body__suspended__icontains="The fee is unpaid.").exists()
    owner = Client()
    owner.force_login(ready_account.user)
    for page in ("", "trade/"):
        text = owner.get(f"/accounts/{ready_account.id}/{page}").content.decode()
        assert "The fee is unpaid." in text
        assert "still open at the broker" in text
    started = owner.post(f"/accounts/{ready_account.id}/start/", follow=True)
    assert "An administrator suspended" in started.content.decode()
    assert session_of(ready_account).desired_state == "STOPPED"


def test_the_login_of_a_suspended_account_can_be_entered_and_starts_nothing(
    desk: Client, ready_account: BrokerAccount, keysets: Any
) -> None:
    act(desk, ready_account, "suspend", reason="The fee is unpaid.")
    owner = Client()
    owner.force_login(ready_account.user)
    login = {"username": "alice-at-broker", "password": "correct horse battery"}
    page = owner.post(f"/accounts/{ready_account.id}/password/", login, follow=True)
    assert page.status_code == 200
    assert "The fee is unpaid." in page.content.decode()
    assert Credential.objects.filter(account=ready_account).exists()
    assert session_of(ready_account).desired_state == "STOPPED"


def test_a_suspension_ends_and_nothing_starts_by_itself(desk: Client, ready_account: BrokerAccount) -> None:
    act(desk, ready_account, "suspend", reason="The fee is unpaid.")
    act(desk, ready_account, "resume")
    ready_account.refresh_from_db()
    assert not ready_account.is_suspended
    assert session_of(ready_account).desired_state == "STOPPED"
    told = list(AuditEntry.objects.order_by("id").values_list("action", "text"))
    assert ("account_suspended", "The fee is unpaid.") in told
    assert ("account_resumed", "") in told


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "a\x07bell"])
def test_a_suspension_needs_a_reason(desk: Client, ready_account: BrokerAccount, reason: str) -> None:
    act(desk, ready_account, "suspend", reason=reason)
    ready_account.refresh_from_db()
    assert not ready_account.is_suspended


def test_the_kill_switch_of_one_account_takes_a_typed_word(desk: Client, ready_account: BrokerAccount) -> None:
    assert "type STOP to confirm" in act(desk, ready_account, "engage", confirmation="stop")
    assert not KillSwitch.objects.exists()
    act(desk, ready_account, "engage", confirmation="STOP", reason="Odd orders.")
    assert KillSwitch.objects.get().account == ready_account
    page = desk.get(f"/desk/accounts/{ready_account.id}/").content.decode()
    assert "Stopped on this account by an administrator" in page
    assert "<strong>Kill switch engaged</strong> by charlie" in page
    act(desk, ready_account, "release")
    assert not KillSwitch.objects.exists()


def test_no_user_reads_the_name_of_the_administrator_who_stopped_them(
    desk: Client, ready_account: BrokerAccount, bob: User
) -> None:
    sharing.accept(sharing.invite(account=ready_account, username="bob", role="viewer"))
    act(desk, ready_account, "engage", confirmation="STOP", reason="Odd orders.")
    for user in (ready_account.user, bob):
        client = Client()
        client.force_login(user)
        for address in (f"/accounts/{ready_account.id}/trade/", "/alerts/"):
            page = client.get(address).content.decode()
            assert "by an administrator" in page
            assert "charlie" not in page
    assert "charlie" not in str(list(AccountEvent.objects.values_list("body", flat=True)))


def test_the_kill_switch_of_all_takes_typed_words(desk: Client, ready_account: BrokerAccount) -> None:
    desk.post("/desk/kill-switch/engage/", {"confirmation": "STOP"})
    assert not KillSwitch.objects.exists()
    desk.post("/desk/kill-switch/engage/", {"confirmation": "STOP ALL", "reason": "A storm."})
    page = desk.get("/desk/kill-switch/").content.decode()
    assert "A storm." in page
    assert "1 account waits for a session" in page
    assert "Trading is stopped on all accounts" in desk.get("/desk/").content.decode()
    desk.post("/desk/kill-switch/release/", {"confirmation": "RELEASE"})
    assert KillSwitch.objects.exists()
    desk.post("/desk/kill-switch/release/", {"confirmation": "RELEASE ALL"})
    assert not KillSwitch.objects.exists()
