"""Who may open a live socket, through a real web server, and for how long."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from websockets.exceptions import InvalidStatus

from tests.webapp.live.browser import (
    AAPL,
    Browser,
    append,
    closed_with,
    cookie_of,
)
from tests.webapp.live.conftest import Server
from webapp.accounts.models import GatewaySession
from webapp.live import consumers

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[[Callable[[], bool]], None]


class TestWhoMayCome:
    def test_the_owner_is_told_where_the_session_stands(self, server: Server, ready_account: Any) -> None:
        number, before = append(ready_account, "before"), datetime.now(UTC)
        with server.open_account(ready_account) as browser:
            hello = browser.hear_type("hello")
        assert hello["last_event_number"] == number == 1
        assert before <= datetime.fromisoformat(hello["at"]) <= datetime.now(UTC)
        assert hello["session"]["state"] == "READY"
        assert hello["session"]["account_code"] == "DU1000001"

    @pytest.mark.parametrize(("seconds", "is_lost"), [(30, False), (-1, True)])
    def test_the_owner_is_told_whether_a_worker_stands_for_it(
        self, server: Server, ready_account: Any, seconds: int, is_lost: bool
    ) -> None:
        ends_at = Now() + timedelta(seconds=seconds)
        GatewaySession.objects.update(owner="worker-1", fence=1, lease_expires_at=ends_at)
        with server.open_account(ready_account) as browser:
            session = browser.hear_type("hello")["session"]
        assert (session["state"], session["worker_lost"], session["takes_orders"]) == ("READY", is_lost, not is_lost)

    def test_for_everyone_else_there_is_no_such_socket(self, server: Server, account: Any, bob: Any) -> None:
        path = f"/ws/accounts/{account.pk}/"
        assert refusal(server, path, cookie_of(bob)) == (404, b"Not found.")
        assert refusal(server, path, {}) == (404, b"Not found.")
        assert refusal(server, path, {"Cookie": "sessionid=made-up"}) == (404, b"Not found.")

    def test_what_does_not_exist_looks_the_same_to_its_would_be_owner(self, server: Server, alice: Any) -> None:
        for path in (f"/ws/accounts/{uuid.uuid4()}/", "/ws/accounts/1/", "/ws/", "/"):
            assert refusal(server, path, cookie_of(alice)) == (404, b"Not found.")

    def test_another_sites_page_gets_nothing_with_its_visitors_cookie(self, server: Server, account: Any) -> None:
        path = f"/ws/accounts/{account.pk}/"
        assert refusal(server, path, cookie_of(account.user), origin="https://evil.example")[0] == 403
        assert refusal(server, path, cookie_of(account.user), origin=None)[0] == 403


def refusal(server: Server, path: str, headers: dict[str, str], **options: Any) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as refused, server.opened(path, headers, **options):
        pass
    return refused.value.response.status_code, refused.value.response.body or b""


class TestTheEndOfARight:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)

    def test_who_signs_out_loses_the_socket(self, alices_browser: Browser) -> None:
        Session.objects.all().delete()
        assert closed_with(alices_browser) == 4401

    def test_who_changes_the_password_elsewhere_loses_the_socket(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        ready_account.user.set_password("another-password")
        ready_account.user.save()
        assert closed_with(alices_browser) == 4401

    def test_a_session_that_became_somebody_elses_ends_the_socket(self, alices_browser: Browser, bob: Any) -> None:
        session = SessionStore(Session.objects.get().session_key)
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(bob.pk), bob.get_session_auth_hash()
        session.save()
        assert closed_with(alices_browser) == 4401

    def test_who_is_disabled_loses_the_socket(self, alices_browser: Browser, ready_account: Any) -> None:
        ready_account.user.is_active = False
        ready_account.user.save()
        assert closed_with(alices_browser) == 4401

    def test_an_account_that_is_removed_ends_its_sockets(
        self, server: Server, alices_browser: Browser, ready_account: Any, eventually: Eventually
    ) -> None:
        alices_browser.show(AAPL)
        ready_account.delete()
        assert closed_with(alices_browser) == 4404
        eventually(lambda: server.feeds() == {})

    def test_who_stays_signed_in_keeps_the_socket(
        self, alices_browser: Browser, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
    ) -> None:
        looks: list[bool] = []
        real = consumers.access.is_signed_in

        async def counted(*arguments: Any) -> bool:
            looks.append(await real(*arguments))
            return looks[-1]

        monkeypatch.setattr(consumers.access, "is_signed_in", counted)
        eventually(lambda: len(looks) >= 3)
        assert all(looks)
        alices_browser.said_nothing_else()
