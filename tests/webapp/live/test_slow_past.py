"""A right that ends while the events of the past are still on their way to a slow reader."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.webapp.live.browser import AAPL, append, closed_with, cookie_of, publish
from tests.webapp.live.conftest import Server
from tests.webapp.live.test_programs import open_feed, watch
from webapp.accounts import sharing, tokens
from webapp.accounts.models import AccountShare, ApiToken
from webapp.bus import announce
from webapp.live import access, consumers, numbered
from webapp.live.programs import consumer

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[[Callable[[], bool]], None]


class Past:
    """Pages of two events; the one of number `held` isn't read before `go_on` is set."""

    def __init__(self, held: int) -> None:
        self._held = held
        self._read = 0
        self.is_held = threading.Event()
        self.go_on = threading.Event()

    async def events_after(self, account_id: Any, number: int, *, limit: int) -> list[dict[str, Any]]:
        self._read += 1
        if self._read == self._held:
            self.is_held.set()
            await asyncio.to_thread(self.go_on.wait, 20)
        return await events_after(account_id, number, limit=limit)


events_after = access.events_after


@pytest.fixture
def past(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    past = Past(held=request.param)
    monkeypatch.setattr(numbered, "PAGE", 2)
    monkeypatch.setattr(access, "events_after", past.events_after)
    yield past
    past.go_on.set()


@pytest.fixture
def share(ready_account: Any, bob: Any) -> AccountShare:
    share = sharing.invite(account=ready_account, username="bob", role="viewer")
    sharing.accept(share)
    for index in range(6):
        append(ready_account, f"n{index}")
    return share


@pytest.mark.parametrize("past", [2], indirect=True)
def test_nothing_of_the_account_follows_the_word_that_says_so(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0.05)
    publish(ready_account.pk, 3, 1, {AAPL: "1"})
    with open_feed(server, bob) as program:
        program.hear_type("hello")
        watch(program, ready_account, con_ids=[AAPL], after=0)
        assert [program.hear_type("event")["number"] for _ in range(2)] == [1, 2]
        assert past.is_held.wait(10)
        sharing.end(share)
        program.hear_type("unsubscribed")
        past.go_on.set()
        program.said_nothing_else()
        assert server.feeds() == {}


@pytest.mark.parametrize("past", [1], indirect=True)
def test_a_feed_asks_for_the_right_before_each_page(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 3600.0)
    with open_feed(server, bob) as program:
        program.hear_type("hello")
        watch(program, ready_account, con_ids=[AAPL], after=0)
        assert past.is_held.wait(10)
        sharing.end(share)
        past.go_on.set()
        assert [program.hear_type("event")["number"] for _ in range(2)] == [1, 2]
        program.hear_type("unsubscribed")
        program.said_nothing_else()


@pytest.mark.parametrize("past", [1], indirect=True)
def test_a_revoked_token_ends_a_feed_that_is_catching_up(
    server: Server, ready_account: Any, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(announce, "event", lambda *_: False)
    with open_feed(server, ready_account.user) as program:
        program.hear_type("hello")
        watch(program, ready_account)
        append(ready_account, "unannounced")
        assert past.is_held.wait(10)
        tokens.revoke(user=ready_account.user, token_id=ApiToken.objects.get().pk)
        assert closed_with(program) == 4401


@pytest.mark.parametrize("past", [1], indirect=True)
def test_an_ended_right_closes_a_browser_s_socket_that_is_catching_up(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(consumers, "CATCH_UP_SECONDS", 0.05)
    monkeypatch.setattr(announce, "event", lambda *_: False)
    monkeypatch.setattr(announce, "access_changed", lambda *_: False)
    with server.opened(f"/ws/accounts/{ready_account.pk}/", cookie_of(bob)) as browser:
        browser.hear_type("hello")
        append(ready_account, "unannounced")
        assert past.is_held.wait(10)
        sharing.end(share)
        assert closed_with(browser) == 4404
