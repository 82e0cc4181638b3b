"""The feed for programs, through a real web server: who may come, what is sent, and when it ends."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from tests.webapp.live.browser import AAPL, EURUSD, Browser, account_of, append, closed_with, prices_of, publish
from tests.webapp.live.conftest import Server
from webapp.accounts import sharing, tokens
from webapp.accounts.models import AccountShare, ApiToken
from webapp.bus import announce
from webapp.live.programs import consumer, sockets

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[[Callable[[], bool]], None]

FEED = "/ws/v1/feed"


def open_feed(server: Server, user: Any, scopes: tuple[str, ...] = ("read",)) -> AbstractContextManager[Browser]:
    """As a program comes: with a token, without an origin or a cookie."""
    token = tokens.create(user, "feed", scopes=scopes)
    return server.opened(FEED, {"Authorization": f"Bearer {token}"}, origin=None)


@pytest.fixture
def program(server: Server, ready_account: Any) -> Iterator[Browser]:
    """alice's, which has heard hello and watches nothing yet."""
    with open_feed(server, ready_account.user) as program:
        program.hear_type("hello")
        yield program


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0.05)


def watch(program: Browser, account: Any, **more: Any) -> dict[str, Any]:
    program.say(type="subscribe", account=str(account.pk), **more)
    subscribed = program.hear_type("subscribed")
    assert subscribed["account"] == str(account.pk)
    return subscribed


class TestWhoMayCome:
    def test_a_token_that_reads_opens_it(self, server: Server, alice: Any) -> None:
        with open_feed(server, alice) as program:
            hello = program.hear_type("hello")
        assert hello["scopes"] == ["read"]
        assert hello["expires_at"] == ApiToken.objects.get().expires_at.isoformat()

    @pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic YTpi", "Bearer ü"])
    def test_without_a_good_token_it_is_401(self, server: Server, header: str | None) -> None:
        headers = {} if header is None else {"Authorization": header}
        assert refusal(server, FEED, headers)[0] == 401

    def test_a_token_in_the_address_is_none(self, server: Server, alice: Any) -> None:
        token = tokens.create(alice, "feed")
        status, problem = refusal(server, f"{FEED}?token={token}", {})
        assert (status, problem["status"]) == (401, 401)
        assert token not in json.dumps(problem)

    def test_a_token_that_only_trades_is_403(self, server: Server, alice: Any) -> None:
        token = tokens.create(alice, "feed", scopes=["trade"])
        status, problem = refusal(server, FEED, {"Authorization": f"Bearer {token}"})
        assert status == 403
        assert "“read”" in problem["detail"]

    def test_a_token_with_as_many_sockets_as_it_may_have_gets_no_other_until_one_ends(
        self, server: Server, alice: Any, settings: Any, eventually: Eventually
    ) -> None:
        settings.FEED_SOCKETS_PER_TOKEN = 1
        headers = {"Authorization": f"Bearer {tokens.create(alice, 'feed')}"}
        with server.opened(FEED, headers, origin=None) as first, open_feed(server, alice) as of_another_token:
            first.hear_type("hello")
            of_another_token.hear_type("hello")
            with pytest.raises(InvalidStatus) as refused, server.opened(FEED, headers, origin=None):
                pass
            response = refused.value.response
            assert (response.status_code, response.headers["Retry-After"]) == (429, "30")
            assert b"has 1 sockets open" in (response.body or b"")
        eventually(lambda: not sockets.open_sockets.total())
        with server.opened(FEED, headers, origin=None) as next_one:
            next_one.hear_type("hello")

    def test_a_token_that_has_used_its_allowance_up_is_429(self, server: Server, alice: Any, settings: Any) -> None:
        settings.API_REQUESTS_PER_MINUTE = 1
        token = tokens.create(alice, "feed")
        headers = {"Authorization": f"Bearer {token}"}
        with server.opened(FEED, headers, origin=None) as program:
            program.hear_type("hello")
        with pytest.raises(InvalidStatus) as refused, server.opened(FEED, headers, origin=None):
            pass
        assert refused.value.response.status_code == 429
        assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60

    def test_anothers_account_does_not_exist(self, program: Browser, bob: Any) -> None:
        for account_id in (str(account_of(bob).pk), str(uuid.uuid4())):
            program.say(type="subscribe", account=account_id)
            error = program.hear_type("error")
            assert (error["code"], error["message"]) == ("no_such_account", "There is no such account.")


def refusal(server: Server, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as refused, server.opened(path, headers, origin=None):
        pass
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.body or b"")


class TestEvents:
    def test_a_new_event_comes_with_its_account(self, program: Browser, ready_account: Any) -> None:
        assert watch(program, ready_account)["session"]["state"] == "READY"
        number = append(ready_account, "filled")
        event = program.hear_type("event")
        assert (event["account"], event["number"], event["subject"]) == (str(ready_account.pk), number, "filled")

    def test_a_program_that_comes_back_gets_what_it_missed_and_then_what_is_new(
        self, program: Browser, ready_account: Any
    ) -> None:
        for index in range(5):
            append(ready_account, f"n{index}")
        watch(program, ready_account, after=2)
        assert [program.hear_type("event")["number"] for _ in range(3)] == [3, 4, 5]
        append(ready_account, "next")
        assert program.hear_type("event")["number"] == 6

    def test_events_after_one_that_is_not_there_yet_are_an_error(self, program: Browser, ready_account: Any) -> None:
        program.say(type="subscribe", account=str(ready_account.pk), after=9)
        assert program.hear_type("error")["code"] == "no_such_event"

    def test_two_accounts_share_a_socket_and_keep_their_numbers(self, program: Browser, ready_account: Any) -> None:
        second = account_of(ready_account.user)
        watch(program, ready_account)
        watch(program, second)
        append(second, "second's")
        append(ready_account, "first's")
        heard = {
            event["account"]: event["number"] for event in (program.hear_type("event"), program.hear_type("event"))
        }
        assert heard == {str(second.pk): 1, str(ready_account.pk): 1}

    @pytest.mark.usefixtures("soon")
    def test_an_announcement_that_was_lost_comes_late_and_not_never(
        self, program: Browser, ready_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch(program, ready_account)
        monkeypatch.setattr(announce, "event", lambda *_: False)
        append(ready_account, "alone")
        assert program.hear_type("event")["subject"] == "alone"


class TestQuotes:
    def test_quotes_come_as_a_snapshot_and_then_as_they_change(self, program: Browser, ready_account: Any) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1", EURUSD: "1.1"})
        watch(program, ready_account, con_ids=[AAPL])
        snapshot = program.hear_type("snapshot")
        assert (snapshot["account"], prices_of(snapshot)) == (str(ready_account.pk), {AAPL: "1"})
        publish(ready_account.pk, 3, 2, {AAPL: "2"})
        quotes = program.hear_type("quotes")
        assert (quotes["account"], quotes["prev"], prices_of(quotes)) == (str(ready_account.pk), 1, {AAPL: "2"})

    def test_subscribing_again_replaces_what_was_wanted(self, program: Browser, ready_account: Any) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1", EURUSD: "1.1"})
        watch(program, ready_account, con_ids=[AAPL])
        program.hear_type("snapshot")
        watch(program, ready_account, con_ids=[EURUSD])
        assert prices_of(program.hear_type("snapshot")) == {EURUSD: "1.1"}

    def test_what_is_no_longer_wanted_is_not_sent(
        self, server: Server, program: Browser, ready_account: Any, eventually: Eventually
    ) -> None:
        watch(program, ready_account, con_ids=[AAPL])
        program.hear_type("snapshot")
        program.say(type="unsubscribe", account=str(ready_account.pk))
        assert program.hear_type("unsubscribed")["account"] == str(ready_account.pk)
        eventually(lambda: server.feeds() == {})
        append(ready_account, "unheard")
        program.said_nothing_else()


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("{", "not_json"),
            ("[]", "not_an_object"),
            ('{"type": "order"}', "unknown_type"),
            ('{"type": "subscribe"}', "bad_account"),
            ('{"type": "subscribe", "account": 1}', "bad_account"),
            ('{"type": "unsubscribe", "account": "mine"}', "bad_account"),
            ('{"type": "unsubscribe", "account": "00000000-0000-4000-8000-000000000000"}', "not_subscribed"),
        ],
    )
    def test_a_wrong_message_is_answered_and_the_socket_stays(self, program: Browser, text: str, code: str) -> None:
        program.socket.send(text)
        assert program.hear_type("error")["code"] == code
        program.said_nothing_else()

    def test_a_subscription_that_is_wrong_in_part_is_refused_whole(self, program: Browser, ready_account: Any) -> None:
        program.say(type="subscribe", account=str(ready_account.pk), con_ids=["AAPL"])
        assert program.hear_type("error")["code"] == "bad_con_ids"
        program.say(type="subscribe", account=str(ready_account.pk), after=-1)
        assert program.hear_type("error")["code"] == "bad_number"


@pytest.mark.usefixtures("soon")
class TestTheEndOfARight:
    def test_a_revoked_token_ends_the_socket(self, program: Browser, alice: Any) -> None:
        tokens.revoke(user=alice, token_id=ApiToken.objects.get().pk)
        assert closed_with(program) == 4401

    def test_a_token_that_runs_out_ends_the_socket(self, program: Browser) -> None:
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert closed_with(program) == 4401

    def test_a_disabled_user_loses_the_socket(self, program: Browser, alice: Any) -> None:
        alice.is_active = False
        alice.save()
        assert closed_with(program) == 4401

    def test_an_account_that_is_no_longer_shared_ends_its_subscription_alone(
        self, server: Server, ready_account: Any, bob: Any
    ) -> None:
        share = AccountShare.objects.create(account=ready_account, user=bob, role="viewer", accepted_at=timezone.now())
        his = account_of(bob)
        with open_feed(server, bob) as program:
            program.hear_type("hello")
            watch(program, ready_account)
            watch(program, his)
            sharing.end(share)
            ended = program.hear_type("unsubscribed")
            assert ended["account"] == str(ready_account.pk)
            append(ready_account, "hers")
            append(his, "his")
            assert program.hear_type("event")["subject"] == "his"
