"""Numbered events on their way to a browser, through a real web server."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests.webapp.live.browser import (
    Browser,
    account_of,
    append,
)
from tests.webapp.live.conftest import Server
from webapp.accounts import events
from webapp.bus import announce
from webapp.live import consumers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Announcements are lost, as they are while Redis is away."""
    monkeypatch.setattr(announce, "event", lambda *_: False)


class TestEvents:
    @pytest.fixture(autouse=True)
    def no_second_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is missing must be noticed by what comes next."""
        monkeypatch.setattr(consumers, "CATCH_UP_SECONDS", 3600)

    def test_a_new_event_comes_by_itself(self, alices_browser: Browser, ready_account: Any) -> None:
        number = append(ready_account, "filled")
        event = alices_browser.hear_type("event")
        assert (event["number"], event["kind"], event["subject"]) == (number, "notice", "filled")
        assert event["body"] == {"text": "filled"}
        assert event["at"].endswith("+00:00")

    def test_a_page_gets_what_happened_since_it_was_rendered(self, server: Server, ready_account: Any) -> None:
        numbers = [append(ready_account, f"n{index}") for index in range(5)]
        with server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            browser.say(type="events", after=2)
            assert [browser.hear_type("event")["number"] for _ in range(3)] == numbers[2:]
            browser.said_nothing_else()
            append(ready_account, "next")
            assert browser.hear_type("event")["number"] == 6

    def test_a_long_absence_is_made_up_for_page_by_page(
        self, server: Server, ready_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webapp.live.numbered.PAGE", 2)
        for index in range(5):
            append(ready_account, f"n{index}")
        with server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            browser.say(type="events", after=0)
            assert [browser.hear_type("event")["number"] for _ in range(5)] == [1, 2, 3, 4, 5]
            browser.said_nothing_else()

    def test_an_announcement_that_was_lost_is_filled_from_the_rows_at_the_next_one(
        self, alices_browser: Browser, ready_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as lost:
            lost.setattr(announce, "event", lambda *_: False)
            append(ready_account, "one")
            append(ready_account, "two")
        append(ready_account, "three")
        assert [alices_browser.hear_type("event")["subject"] for _ in range(3)] == ["one", "two", "three"]
        alices_browser.said_nothing_else()

    @pytest.mark.usefixtures("deaf")
    def test_an_announcement_that_came_twice_or_late_is_told_once(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        append(ready_account, "one")
        append(ready_account, "two")
        for number in (2, 1, 2, 1):
            announce_row(ready_account, number)
        assert [alices_browser.hear_type("event")["subject"] for _ in range(2)] == ["one", "two"]
        with transaction.atomic():
            append(ready_account, "three")
        announce_row(ready_account, 3)
        assert alices_browser.hear_type("event")["subject"] == "three"
        alices_browser.said_nothing_else()

    @pytest.mark.usefixtures("deaf")
    def test_the_last_announcement_lost_is_found_at_the_next_look(
        self, server: Server, ready_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "CATCH_UP_SECONDS", 0.05)
        with server.open_account(ready_account) as browser:
            browser.hear_type("hello")
            append(ready_account, "alone")
            assert browser.hear_type("event")["subject"] == "alone"

    def test_asking_for_events_that_are_not_there_yet_is_an_error(self, alices_browser: Browser) -> None:
        alices_browser.say(type="events", after=3)
        error = alices_browser.hear_type("error")
        assert (error["code"], error["message"]) == ("no_such_event", "The newest event has number 0; you said 3.")

    def test_nobody_hears_of_another_accounts_events(self, server: Server, ready_account: Any, bob: Any) -> None:
        bobs = account_of(bob)
        with server.open_account(bobs) as browser:
            browser.hear_type("hello")
            append(ready_account, "hers")
            append(bobs, "his")
            assert browser.hear_type("event")["subject"] == "his"


def announce_row(account: Any, number: int) -> None:
    """Past `announce`, which the test made deaf."""
    from asgiref.sync import async_to_sync

    row = account.events.get(number=number)
    async_to_sync(announce._send)(account.pk, {"type": "account.event", "event": events.as_message(row)})
