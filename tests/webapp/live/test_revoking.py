"""A right that is taken back closes what was open under it, through a real web server, waiting for no slow look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.webapp.live import browser
from tests.webapp.live.browser import AAPL, Browser, append, closed_with, cookie_of
from tests.webapp.live.conftest import Server
from webapp.accounts import people, sharing
from webapp.accounts.models import AccountShare
from webapp.bus import announce
from webapp.live import consumers

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS_TO_CLOSE = 2.0


@pytest.fixture
def share(ready_account: Any, bob: Any) -> AccountShare:
    share = sharing.invite(account=ready_account, username="bob", role="trader")
    sharing.accept(share)
    return share


@pytest.fixture
def only_the_push(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow look comes far too late to be what closes a socket here."""
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 3600.0)


@contextmanager
def bobs_browser(server: Server, account: Any, bob: Any) -> Iterator[Browser]:
    with server.opened(f"/ws/accounts/{account.pk}/", cookie_of(bob)) as opened:
        opened.hear_type("hello")
        yield opened


def test_revoking_closes_the_others_sockets_within_two_seconds_and_no_one_elses(
    server: Server,
    ready_account: Any,
    bob: Any,
    share: AccountShare,
    only_the_push: None,
    alices_browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with bobs_browser(server, ready_account, bob) as first, bobs_browser(server, ready_account, bob) as second:
        first.show(AAPL)
        monkeypatch.setattr(browser, "DEADLINE", SECONDS_TO_CLOSE)
        sharing.end(share)
        assert (closed_with(first), closed_with(second)) == (4404, 4404)
    alices_browser.said_nothing_else()


def test_a_suspended_users_sockets_close_within_two_seconds(
    server: Server,
    ready_account: Any,
    bob: Any,
    share: AccountShare,
    only_the_push: None,
    alices_browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also those on accounts of others."""
    with bobs_browser(server, ready_account, bob) as his:
        monkeypatch.setattr(browser, "DEADLINE", SECONDS_TO_CLOSE)
        people.suspend(user=bob, by=ready_account.user, reason="Shared a password.")
        assert closed_with(his) == 4401
    alices_browser.said_nothing_else()


def test_another_role_ends_the_socket_so_that_the_page_is_painted_anew(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, only_the_push: None
) -> None:
    with bobs_browser(server, ready_account, bob) as his:
        sharing.change_role(share=share, role="viewer")
        assert closed_with(his) == 4403


def test_a_push_that_was_lost_is_made_good_by_the_slow_look_within_seconds(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks as often as it does in service; the deadline has room for a busy machine."""
    monkeypatch.setattr(browser, "DEADLINE", 3 * SECONDS_TO_CLOSE)
    monkeypatch.setattr(announce, "access_changed", lambda _account_id: False)
    with bobs_browser(server, ready_account, bob) as his:
        sharing.end(share)
        assert closed_with(his) == 4404


def test_a_viewer_hears_events_as_the_owner_does(
    server: Server, ready_account: Any, bob: Any, share: AccountShare, alices_browser: Browser
) -> None:
    with bobs_browser(server, ready_account, bob) as his:
        append(ready_account, "news")
        assert his.hear_type("event") == alices_browser.hear_type("event")
