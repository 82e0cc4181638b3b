"""Quotes on their way from Redis to a browser, through a real web server."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.webapp.live.browser import (
    AAPL,
    DEADLINE,
    EURUSD,
    OTHER,
    Browser,
    account_of,
    prices_of,
    publish,
    publish_many,
    slow_browser,
)
from tests.webapp.live.conftest import Server
from webapp.bus import interest, keys, quotes
from webapp.bus.panes import Pane
from webapp.bus.redis import async_client, client

pytestmark = pytest.mark.django_db(transaction=True)

Eventually = Callable[[Callable[[], bool]], None]


class TestQuotes:
    def test_a_snapshot_comes_first_and_holds_only_what_is_on_screen(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "189.5", OTHER: "1"})
        snapshot = alices_browser.show(AAPL, EURUSD)
        assert (snapshot["epoch"], snapshot["seq"]) == (3, 1)
        assert prices_of(snapshot) == {AAPL: "189.5"}

    def test_without_any_quote_the_snapshot_is_empty(self, alices_browser: Browser) -> None:
        assert alices_browser.show(AAPL)["quotes"] == []

    def test_changes_follow_the_snapshot_and_name_the_frame_before(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        alices_browser.show(AAPL, EURUSD)
        publish(ready_account.pk, 3, 2, {OTHER: "7"})
        publish(ready_account.pk, 3, 3, {EURUSD: "1.1"})
        publish(ready_account.pk, 3, 4, {AAPL: "2", OTHER: "8"})
        first = alices_browser.hear_type("quotes")
        second = alices_browser.hear_type("quotes")
        assert (first["epoch"], first["prev"], first["seq"], prices_of(first)) == (3, 1, 3, {EURUSD: "1.1"})
        assert (second["epoch"], second["prev"], second["seq"], prices_of(second)) == (3, 3, 4, {AAPL: "2"})

    def test_showing_something_else_replaces_what_was_shown(self, alices_browser: Browser, ready_account: Any) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1", EURUSD: "1.1"})
        alices_browser.show(AAPL)
        assert prices_of(alices_browser.show(EURUSD)) == {EURUSD: "1.1"}
        publish(ready_account.pk, 3, 2, {AAPL: "2"})
        publish(ready_account.pk, 3, 3, {EURUSD: "1.2"})
        assert prices_of(alices_browser.hear_type("quotes")) == {EURUSD: "1.2"}

    def test_a_lost_batch_is_noticed_at_the_next_one_and_made_up_for(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1", EURUSD: "1.1"})
        alices_browser.show(AAPL, EURUSD)
        lose(ready_account.pk, 3, 2, {AAPL: "2"})
        publish(ready_account.pk, 3, 3, {EURUSD: "1.2"})
        snapshot = alices_browser.hear_type("snapshot")
        assert (snapshot["seq"], prices_of(snapshot)) == (3, {AAPL: "2", EURUSD: "1.2"})

    def test_a_session_that_starts_anew_shows_nothing_of_the_one_before(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        publish(ready_account.pk, 3, 8, {AAPL: "1", EURUSD: "1.1"})
        alices_browser.show(AAPL, EURUSD)
        publish(ready_account.pk, 4, 1, {EURUSD: "1.2"})
        snapshot = alices_browser.hear_type("snapshot")
        assert (snapshot["epoch"], prices_of(snapshot)) == (4, {EURUSD: "1.2"})

    def test_a_session_that_stops_clears_the_screen(self, alices_browser: Browser, ready_account: Any) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        alices_browser.show(AAPL)
        asyncio.run(forget(ready_account.pk))
        assert alices_browser.hear_type("snapshot")["quotes"] == []

    def test_a_batch_that_nobody_can_read_costs_nothing_but_a_snapshot(
        self, alices_browser: Browser, ready_account: Any
    ) -> None:
        publish(ready_account.pk, 3, 1, {AAPL: "1"})
        alices_browser.show(AAPL)
        client().publish(keys.quotes(ready_account.pk), "rubbish")
        assert prices_of(alices_browser.hear_type("snapshot")) == {AAPL: "1"}
        publish(ready_account.pk, 3, 2, {AAPL: "2"})
        assert prices_of(alices_browser.hear_type("quotes")) == {AAPL: "2"}

    def test_nobody_sees_another_accounts_prices(self, server: Server, ready_account: Any, bob: Any) -> None:
        bobs = account_of(bob)
        with server.open_account(bobs) as browser:
            browser.hear_type("hello")
            publish(ready_account.pk, 3, 1, {AAPL: "1"})
            assert browser.show(AAPL)["quotes"] == []
            publish(ready_account.pk, 3, 2, {AAPL: "2"})
            publish(bobs.pk, 9, 1, {AAPL: "5"})
            assert prices_of(browser.hear_type("snapshot")) == {AAPL: "5"}

    def test_a_browser_that_reads_nothing_gets_the_newest_alone_when_it_reads_again(
        self, server: Server, ready_account: Any
    ) -> None:
        last = 400
        con_ids = range(1, 101)
        with slow_browser(server, ready_account) as slow:
            slow.hear_type("hello")
            publish(ready_account.pk, 3, 1, {AAPL: "0"})
            slow.show(*con_ids)
            asyncio.run(publish_many(ready_account.pk, con_ids, last))
            frames = heard_until(slow, last)
        # What the kernel and the transport had taken already comes first; then one frame jumps to the newest.
        assert len(frames) < last / 2
        assert all(after["prev"] == before["seq"] for before, after in pairwise(frames))
        shown: dict[int, str] = {}
        for frame in frames:
            shown |= prices_of(frame)
        assert shown == {con_id: str(last) for con_id in con_ids}


def heard_until(browser: Browser, seq: int) -> list[dict[str, Any]]:
    frames = [browser.hear_type("quotes")]
    while frames[-1]["seq"] < seq:
        frames.append(browser.hear_type("quotes"))
    return frames


def lose(account_id: uuid.UUID, epoch: int, seq: int, prices: dict[int, str]) -> None:
    """Stored, but its message reached nobody."""
    fields: dict[str, Any] = {"epoch": epoch, "seq": seq}
    fields |= {str(con_id): json.dumps({"con_id": con_id, "bid": price}) for con_id, price in prices.items()}
    client().hset(keys.snapshot(account_id), mapping=fields)


async def forget(account_id: uuid.UUID) -> None:
    async with async_client() as connection:
        await quotes.forget(connection, account_id)


async def wanted(account_id: uuid.UUID) -> set[int]:
    async with async_client() as connection:
        return await interest.wanted(connection, account_id)


class TestInterest:
    def test_what_comes_on_any_screen_is_wanted_before_the_next_renewal(
        self,
        server: Server,
        alices_browser: Browser,
        ready_account: Any,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(interest, "RENEW_SECONDS", 3600)
        alices_browser.show(AAPL)
        with server.open_account(ready_account) as second:
            second.hear_type("hello")
            second.show(EURUSD)
            eventually(lambda: asyncio.run(wanted(ready_account.pk)) == {AAPL, EURUSD})

    def test_it_is_renewed_while_it_is_shown_and_not_after(
        self,
        alices_browser: Browser,
        ready_account: Any,
        eventually: Eventually,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(interest, "RENEW_SECONDS", 0.02)
        alices_browser.show(AAPL, EURUSD)
        eventually(lambda: asyncio.run(wanted(ready_account.pk)) == {AAPL, EURUSD})
        alices_browser.show(AAPL)
        client().delete(keys.interest(ready_account.pk))
        eventually(lambda: asyncio.run(wanted(ready_account.pk)) == {AAPL})

    def test_a_new_instrument_on_screen_rings_the_doorbell(self, alices_browser: Browser, ready_account: Any) -> None:
        with client().pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(keys.DOORBELL)
            pubsub.get_message(timeout=DEADLINE)
            alices_browser.show(AAPL)
            rung = pubsub.get_message(timeout=DEADLINE)
        assert rung is not None
        assert json.loads(rung["data"]) == {"account": str(ready_account.pk)}


class TestPanes:
    def test_a_pane_comes_to_whoever_looks_at_it_and_is_wanted_meanwhile(
        self, alices_browser: Browser, ready_account: Any, eventually: Eventually
    ) -> None:
        alices_browser.say(type="subscribe", con_ids=[AAPL], panes=[str(Pane(AAPL))])
        assert "panes" not in alices_browser.hear_type("snapshot")

        async def publish_books() -> None:
            panes = map(str, (Pane(AAPL), Pane(EURUSD)))
            books: dict[quotes.Key, str] = {pane: json.dumps({"pane": pane}) for pane in panes}
            async with async_client() as connection:
                await quotes.publish(connection, ready_account.pk, 1, 1, books)

        async def wanted() -> set[Pane]:
            async with async_client() as connection:
                return await interest.wanted_panes(connection, ready_account.pk)

        asyncio.run(publish_books())
        frame = alices_browser.hear()
        assert (frame["quotes"], frame["panes"]) == ([], [{"pane": str(Pane(AAPL))}])
        eventually(lambda: asyncio.run(wanted()) == {Pane(AAPL)})

    @pytest.mark.parametrize("panes", ["depth:1", [1], ["depth"], [f"depth:{number}" for number in range(9)]], ids=str)
    def test_panes_that_are_none_are_refused_and_the_socket_stays(self, alices_browser: Browser, panes: object) -> None:
        alices_browser.say(type="subscribe", con_ids=[AAPL], panes=panes)
        assert alices_browser.hear_type("error")["code"] in ("bad_panes", "too_many_panes")
        alices_browser.said_nothing_else()
