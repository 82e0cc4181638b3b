from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.domain import MarketDataType, Quote, StreamStatus
from webapp.bus import quotes
from webapp.bus.redis import async_client
from workers.quotes import Conflator, QuotePublisher

AAPL, EURUSD = 265598, 12087792
DEADLINE = 5


def quote(con_id: int, bid: int) -> Quote:
    return Quote(con_id=con_id, at=datetime.now(UTC), market_data_type=MarketDataType.LIVE, bid=Decimal(bid))


@asynccontextmanager
async def publishing(epoch: int = 1) -> AsyncIterator[tuple[QuotePublisher, uuid.UUID]]:
    account_id = uuid.uuid4()
    async with async_client() as redis:
        publisher = QuotePublisher(redis, account_id=account_id, epoch=epoch)
        running = asyncio.create_task(publisher.run())
        try:
            yield publisher, account_id
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def batches(account_id: uuid.UUID) -> AsyncIterator[quotes.Batch]:
    """The account's stream, from now on."""
    from webapp.bus import keys
    from webapp.bus.redis import messages

    async with async_client() as redis, redis.pubsub() as pubsub:
        await pubsub.subscribe(keys.quotes(account_id))
        async for message in messages(pubsub):
            if message["type"] == "subscribe":
                yield quotes.NOTHING
            elif (batch := quotes.decode_batch(message["data"])) is not None:
                yield batch


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100)), min_size=1))
@settings(deadline=None)
def test_a_batch_holds_each_changed_instrument_once_at_its_newest(told: list[tuple[int, int]]) -> None:
    async def run() -> dict[int, Decimal | None]:
        conflator = Conflator()
        for con_id, bid in told:
            conflator.put(quote(con_id, bid))
        batch = await conflator.take()
        assert len({each.con_id for each in batch}) == len(batch)
        return {each.con_id: each.bid for each in batch}

    assert asyncio.run(run()) == {con_id: Decimal(bid) for con_id, bid in told}


async def test_nothing_is_taken_twice() -> None:
    conflator = Conflator()
    conflator.put(quote(AAPL, 1))
    await conflator.take()
    conflator.put(quote(EURUSD, 2))
    assert [each.con_id for each in await conflator.take()] == [EURUSD]


async def test_after_a_lost_batch_every_known_quote_is_sent_again() -> None:
    conflator = Conflator()
    conflator.put(quote(AAPL, 1))
    await conflator.take()
    conflator.put(quote(EURUSD, 2))
    await conflator.take()
    conflator.put_all_again()
    assert {each.con_id for each in await conflator.take()} == {AAPL, EURUSD}


async def test_an_unsubscribed_instrument_leaves_the_snapshot_and_whoever_holds_its_price_hears_that_it_is_stale() -> (
    None
):
    async with publishing() as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        for con_id in (AAPL, EURUSD):
            publisher.conflator.put(quote(con_id, 190))
        await anext(stream)
        publisher.conflator.forget(AAPL)
        said = json.loads((await anext(stream)).quotes[AAPL])
        async with async_client() as redis:
            _, _, stored = await quotes.snapshot(redis, account_id)
    assert (said["bid"], said["is_stale"], said["stale_reason"]) == ("190", True, quotes.NOT_KEPT)
    assert list(stored) == [EURUSD]


async def test_a_last_word_that_was_lost_is_said_again_unless_its_instrument_came_back() -> None:
    conflator = Conflator()
    for con_id in (AAPL, EURUSD):
        conflator.put(quote(con_id, 1))
        conflator.forget(con_id)
    conflator.put_all_again()
    assert set(conflator.parting()) == {AAPL, EURUSD}
    conflator.put(quote(EURUSD, 2))
    assert set(conflator.parting()) == {AAPL}
    conflator.parted(conflator.parting())
    assert conflator.parting() == {}


async def test_a_pane_that_ended_leaves_the_snapshot_after_its_last_word() -> None:
    async with publishing() as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        publisher.conflator.show("depth:1", '{"bids":[1]}')
        await anext(stream)
        publisher.conflator.end("depth:1", '{"bids":[]}')
        assert (await anext(stream)).quotes == {"depth:1": '{"bids":[]}'}
        publisher.conflator.put_all_again()
        publisher.conflator.put(quote(AAPL, 1))
        assert set((await anext(stream)).quotes) == {AAPL}
        async with async_client() as redis:
            assert set((await quotes.snapshot(redis, account_id))[2]) == {AAPL}


async def test_an_unsubscribed_instrument_is_not_sent_again() -> None:
    conflator = Conflator()
    conflator.put(quote(AAPL, 1))
    conflator.put(quote(EURUSD, 2))
    conflator.forget(AAPL)
    assert [each.con_id for each in await conflator.take()] == [EURUSD]


async def test_a_quote_reaches_the_snapshot_and_the_stream_under_the_epoch() -> None:
    async with publishing(epoch=7) as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        publisher.conflator.put(quote(AAPL, 190))
        batch = await anext(stream)
        async with async_client() as redis:
            epoch, seq, stored = await quotes.snapshot(redis, account_id)
    assert (epoch, seq) == (batch.epoch, batch.seq) == (7, 1)
    assert stored == batch.quotes
    assert json.loads(stored[AAPL])["bid"] == "190"


async def test_batches_are_numbered_without_a_gap() -> None:
    async with publishing() as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        seen = []
        for bid in range(3):
            publisher.conflator.put(quote(AAPL, bid))
            seen.append((await anext(stream)).seq)
    assert seen == [1, 2, 3]


def status(con_id: int, *, is_stale: bool | None) -> StreamStatus:
    return StreamStatus(con_id=con_id, at=datetime.now(UTC), is_stale=is_stale, reason="It went quiet.")


async def test_a_quote_that_went_stale_goes_out_again_and_says_so_until_it_is_relied_on() -> None:
    async with publishing() as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        publisher.conflator.put(quote(AAPL, 190))
        await anext(stream)
        told = []
        for is_stale in (True, None, False):
            publisher.conflator.mark(status(AAPL, is_stale=is_stale))
            told.append(json.loads((await anext(stream)).quotes[AAPL]))
    assert [body["is_stale"] for body in told] == [True, None, False]
    assert [body["stale_reason"] for body in told] == ["It went quiet.", "It went quiet.", ""]


async def test_a_doubt_about_what_was_never_quoted_sends_nothing() -> None:
    conflator = Conflator()
    conflator.mark(status(AAPL, is_stale=True))
    conflator.put(quote(EURUSD, 1))
    assert [found.con_id for found in await conflator.take()] == [EURUSD]


async def test_a_forgotten_account_has_no_stored_prices() -> None:
    async with publishing() as (publisher, account_id), asyncio.timeout(DEADLINE):
        stream = batches(account_id)
        await anext(stream)
        publisher.conflator.put(quote(AAPL, 190))
        await anext(stream)
        await publisher.forget()
        async with async_client() as redis:
            _, _, stored = await quotes.snapshot(redis, account_id)
    assert stored == {}
