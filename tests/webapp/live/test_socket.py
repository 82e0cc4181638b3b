"""What a live socket takes, and what it leaves behind, through a real web server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.webapp.bus.redis_server import RedisServer
from tests.webapp.live.browser import (
    AAPL,
    Browser,
    account_of,
    closed_with,
    prices_of,
    publish,
    publish_many,
    slow_browser,
    subscribers,
)
from tests.webapp.live.conftest import Server
from webapp.bus import keys
from webapp.bus.redis import client
from webapp.live import consumers, conversation, fanout

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[[Callable[[], bool]], None]


class TestRelease:
    def test_a_closed_browser_leaves_nothing_behind(
        self, server: Server, ready_account: Any, eventually: Eventually
    ) -> None:
        with server.open_account(ready_account) as first, server.open_account(ready_account) as second:
            first.hear_type("hello")
            second.hear_type("hello")
            first.show(AAPL)
            second.show(AAPL)
            assert server.feeds() == {ready_account.pk: 2}
            first.socket.close()
            eventually(lambda: server.feeds() == {ready_account.pk: 1})
            assert subscribers(ready_account.pk) == 1
        eventually(lambda: server.feeds() == {} and not fanout._fanouts)
        eventually(lambda: subscribers(ready_account.pk) == 0)
        eventually(lambda: not client().exists(f"asgi:group:{keys.account_group(ready_account.pk)}"))

    def test_a_torn_connection_is_a_closed_browser_too(
        self, server: Server, ready_account: Any, eventually: Eventually
    ) -> None:
        with server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            browser.show(AAPL)
            browser.socket.socket.shutdown(socket.SHUT_RDWR)
            eventually(lambda: server.feeds() == {})

    def test_the_last_browser_of_one_account_leaves_the_others_connected(
        self, server: Server, alices_browser: Browser, ready_account: Any, bob: Any, eventually: Eventually
    ) -> None:
        bobs = account_of(bob)
        alices_browser.show(AAPL)
        with server.open_account(bobs) as browser:
            browser.hear_type("hello")
            browser.show(AAPL)
            eventually(lambda: subscribers(bobs.pk) == 1)
        eventually(lambda: subscribers(bobs.pk) == 0)
        assert server.feeds() == {ready_account.pk: 1}
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        assert prices_of(alices_browser.hear_type("snapshot")) == {AAPL: "1"}

    def test_a_browser_that_comes_back_gets_its_snapshot(
        self, server: Server, ready_account: Any, eventually: Eventually
    ) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        for _ in range(3):
            with server.open_account(ready_account) as browser:
                browser.hear_type("hello")
                assert prices_of(browser.show(AAPL)) == {AAPL: "1"}
        eventually(lambda: server.feeds() == {})

    def test_an_error_of_ours_closes_the_socket_with_a_code_and_releases_it(
        self,
        server: Server,
        ready_account: Any,
        alices_browser: Browser,
        monkeypatch: pytest.MonkeyPatch,
        eventually: Eventually,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        alices_browser.show(AAPL)
        monkeypatch.setattr(consumers.messages, "parse", lambda _: 1 / 0)
        alices_browser.say(type="ping")
        assert closed_with(alices_browser) == 1011
        eventually(lambda: server.feeds() == {})
        assert f"a browser at account {ready_account.pk} failed" in caplog.text

    def test_a_browser_that_takes_nothing_for_too_long_is_let_go(
        self, server: Server, ready_account: Any, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
    ) -> None:
        monkeypatch.setattr(conversation, "SEND_SECONDS", 0.2)
        con_ids = range(1, 101)
        with slow_browser(server, ready_account) as slow:
            slow.hear_type("hello")
            slow.show(*con_ids)
            asyncio.run(publish_many(ready_account.pk, con_ids, 400))
            eventually(lambda: server.feeds() == {})


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("{", "not_json"),
            ("", "not_json"),
            ("[" * 5000, "not_json"),
            ("9" * 5000, "not_json"),
            ("[]", "not_an_object"),
            ("null", "not_an_object"),
            ("{}", "unknown_type"),
            ('{"type": "order"}', "unknown_type"),
            ('{"type": ["subscribe"]}', "unknown_type"),
            ('{"type": "subscribe"}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": "265598"}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [1.5]}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [true]}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [0]}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [-1]}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [[1]]}', "bad_con_ids"),
            ('{"type": "subscribe", "con_ids": [99999999999999999999]}', "bad_con_ids"),
            (json.dumps({"type": "subscribe", "con_ids": list(range(1, 102))}), "too_many_con_ids"),
            ('{"type": "events"}', "bad_number"),
            ('{"type": "events", "after": "1"}', "bad_number"),
            ('{"type": "events", "after": -1}', "bad_number"),
            ('{"type": "events", "after": NaN}', "bad_number"),
            (" " * 16_385, "too_long"),
            (b"bytes", "not_text"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_it_is_named_and_the_socket_stays(self, alices_browser: Browser, text: str | bytes, code: str) -> None:
        alices_browser.socket.send(text)
        error = alices_browser.hear_type("error")
        assert error["code"] == code
        assert 10 < len(error["message"]) < 200
        alices_browser.said_nothing_else()

    def test_a_hundred_instruments_are_fine_and_repeats_count_once_shown(self, alices_browser: Browser) -> None:
        assert alices_browser.show(*range(1, 101))["quotes"] == []

    def test_a_refused_subscribe_leaves_what_was_shown(self, alices_browser: Browser, ready_account: Any) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        alices_browser.show(AAPL)
        alices_browser.say(type="subscribe", con_ids=["EUR.USD"])
        assert '"EUR.USD"' in alices_browser.hear_type("error")["message"]
        publish(ready_account.pk, 3, 2, {AAPL: "2"})
        assert prices_of(alices_browser.hear_type("quotes")) == {AAPL: "2"}


class TestRedisGone:
    def test_a_socket_that_loses_the_bus_is_told_to_come_back(
        self, own_redis: RedisServer, own_server: Server, ready_account: Any, eventually: Eventually
    ) -> None:
        with own_server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            browser.show(AAPL)
            own_redis.stop()
            assert closed_with(browser) == 1012
        eventually(lambda: own_server.feeds() == {})
        own_redis.start()
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        with own_server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            assert prices_of(browser.show(AAPL)) == {AAPL: "1"}
