"""Charts and books while somebody looks: asked of a worker, held by it, and released."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mode
from typing import Any

import pytest

from tests.workers.conftest import DEADLINE, Place
from webapp.accounts.models import BrokerAccount
from webapp.bus import interest, keys, questions, quotes
from webapp.bus.panes import Pane, Span
from webapp.bus.redis import async_client, client, messages
from workers.panes import charts, following

pytestmark = pytest.mark.django_db(transaction=True)

AAPL = 265598


@pytest.fixture
def known(ready: BrokerAccount) -> BrokerAccount:
    """READY, and some instruments are known."""
    for text in ("AAPL", "EUR.USD", "AMD", "MSFT"):
        questions.ask(ready.id, "search", {"text": text}, deadline=10)
    return ready


def con_ids_like(account: BrokerAccount, text: str) -> list[int]:
    found: list[int] = questions.ask(account.id, "search", {"text": text}, deadline=10)["con_ids"]
    return found


def bars_of(account: BrokerAccount, con_id: int, span: Span) -> dict[str, Any]:
    """As a page asks: again while the broker's pacing makes it wait."""
    ends = time.monotonic() + DEADLINE
    while True:
        try:
            return questions.ask(account.id, "bars", {"con_id": con_id, "span": span}, deadline=10)
        except questions.Refused as refusal:
            if "hasn't come yet" not in str(refusal) or time.monotonic() > ends:
                raise


def look_at(account: BrokerAccount, *panes: Pane) -> None:
    async def once() -> None:
        async with async_client() as redis:
            await interest.want_panes(redis, account.id, map(str, panes))

    asyncio.run(once())


def shown(account: BrokerAccount, pane: Pane, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The pane's newest body, once it fits."""

    async def newest() -> dict[str, Any]:
        async with async_client() as redis, asyncio.timeout(DEADLINE):
            while True:
                _, _, stored = await quotes.snapshot(redis, account.id)
                body = json.loads(stored.get(str(pane), "null"))
                if body is not None and fits(body):
                    return dict(body)
                await asyncio.sleep(0.05)

    return asyncio.run(newest())


def told_last(account: BrokerAccount, pane: Pane) -> dict[str, Any]:
    """What whoever still shows the pane hears when nobody wants it any more; the snapshot is without it then."""

    async def last() -> dict[str, Any]:
        body: dict[str, Any] = {}
        async with async_client() as redis, redis.pubsub() as pubsub, asyncio.timeout(DEADLINE):
            await pubsub.subscribe(keys.quotes(account.id))
            await redis.delete(keys.interest_in_panes(account.id))
            async for message in messages(pubsub):
                batch = quotes.decode_batch(message["data"]) if message["type"] == "message" else None
                body = json.loads(batch.quotes.get(str(pane), "{}")) if batch is not None else {}
                if body.get("stale_reason"):
                    break
            assert str(pane) not in (await quotes.snapshot(redis, account.id))[2]
        return body

    return asyncio.run(last())


@pytest.mark.parametrize("span", Span)
def test_a_chart_s_past_is_answered_oldest_first_and_reaches_as_far_as_its_span(
    known: BrokerAccount, span: Span
) -> None:
    answer = bars_of(known, AAPL, span)
    times = [datetime.fromisoformat(bar["at"]) for bar in answer["bars"]]
    assert times == sorted(set(times))
    # Mostly: a day on which the clocks change has another length.
    assert mode(later - earlier for earlier, later in pairwise(times)) == span.bar_size.length
    assert span.length - timedelta(days=8) < times[-1] - times[0] <= span.length
    assert answer["what_to_show"] == "TRADES"
    assert answer["is_stale"] is False
    assert set(answer["bars"][0]) == {"at", "open", "high", "low", "close", "volume"}


def test_the_newest_bars_of_what_was_asked_for_follow_and_belong_to_that_past(known: BrokerAccount) -> None:
    answer = bars_of(known, AAPL, Span.DAY)
    pane = Pane(AAPL, Span.DAY)
    first = shown(known, pane, lambda body: bool(body["bars"]))
    changed = shown(known, pane, lambda body: body["bars"] != first["bars"])
    assert changed["loaded_at"] == answer["loaded_at"]
    assert changed["bars"][0]["at"] in [bar["at"] for bar in answer["bars"]]


def test_a_currency_pair_s_chart_is_made_of_the_middle_of_bid_and_ask(known: BrokerAccount) -> None:
    [eurusd] = con_ids_like(known, "EUR.USD")
    answer = bars_of(known, eurusd, Span.DAY)
    assert answer["what_to_show"] == "MIDPOINT"
    assert answer["bars"][0]["volume"] is None


def test_a_past_that_the_broker_refuses_is_told_in_its_words(known: BrokerAccount, place: Place) -> None:
    place.tell_gateway(known, {"do": "break_farm", "farm": "ushmds"})
    with pytest.raises(questions.Refused, match="HMDS server disconnect"):
        bars_of(known, AAPL, Span.DAY)


def test_a_past_that_was_refused_is_asked_for_again(
    known: BrokerAccount, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "AGAIN_AFTER", 0.0)
    place.tell_gateway(known, {"do": "break_farm", "farm": "ushmds"})
    with pytest.raises(questions.Refused):
        bars_of(known, AAPL, Span.DAY)
    place.tell_gateway(known, {"do": "mend_farm", "farm": "ushmds"})
    assert bars_of(known, AAPL, Span.DAY)["bars"]


def test_a_new_link_reads_the_past_anew_and_says_so_to_whoever_still_looks(known: BrokerAccount, place: Place) -> None:
    before = bars_of(known, AAPL, Span.DAY)["loaded_at"]
    place.tell_gateway(known, {"do": "hang_up"})
    pane = Pane(AAPL, Span.DAY)
    look_at(known, pane)
    after = shown(known, pane, lambda body: body["loaded_at"] not in (None, before))
    assert after["bars"]
    assert bars_of(known, AAPL, Span.DAY)["loaded_at"] == after["loaded_at"]


def test_a_span_that_there_is_none_of_and_an_instrument_that_nobody_searched_for_are_refused(
    known: BrokerAccount,
) -> None:
    with pytest.raises(questions.Refused, match="one of 1d, 1w, 1m, 1y, not '2d'"):
        questions.ask(known.id, "bars", {"con_id": AAPL, "span": "2d"}, deadline=10)
    with pytest.raises(questions.Refused, match="4711 isn't known here"):
        questions.ask(known.id, "bars", {"con_id": 4711, "span": "1d"}, deadline=10)


def test_a_book_is_shown_while_somebody_looks_and_given_back_afterwards(
    known: BrokerAccount, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "GRACE", 0.0)
    look_at(known, Pane(AAPL))
    book = shown(known, Pane(AAPL), lambda body: len(body["bids"]) > 2 and len(body["asks"]) > 2)
    bids, asks = ([float(price) for price, _, _ in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert all(maker for _, _, maker in book["bids"])

    ended = told_last(known, Pane(AAPL))
    assert ended["bids"] == []
    assert ended["stale_reason"] == "Nobody looked at it, so it wasn't kept up to date."
    asked = [row["name"] for row in place.ledger(known, "request")]
    assert [name for name in asked if "Depth" in name] == ["reqMktDepth", "cancelMktDepth"]


def test_a_fourth_book_is_refused_in_a_sentence_until_another_is_closed(
    known: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "GRACE", 0.0)
    con_ids = [AAPL, con_ids_like(known, "EUR.USD")[0], con_ids_like(known, "AMD")[0], con_ids_like(known, "MSFT")[0]]
    *first, last = map(Pane, con_ids)
    look_at(known, *first)
    for pane in first:
        shown(known, pane, lambda body: bool(body["bids"]))
    look_at(known, last)
    refused = shown(known, last, lambda body: bool(body["stale_reason"]))
    assert "shows 3 books at a time" in refused["stale_reason"]

    monkeypatch.setattr(following, "REFUSED_FOR", 0.0)
    client().zrem(keys.interest_in_panes(known.id), str(first[0]))
    shown(known, last, lambda body: bool(body["bids"]))


def test_a_pane_of_an_instrument_that_nobody_searched_for_says_so(known: BrokerAccount) -> None:
    look_at(known, Pane(4711))
    told = shown(known, Pane(4711), lambda body: bool(body))
    assert told["stale_reason"] == "Instrument 4711 isn't known here; search for it first."
