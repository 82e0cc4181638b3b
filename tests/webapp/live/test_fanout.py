"""The fan-out on a loop of the test's own, with Redis coming and going."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest

from deploy.local.processes import became_true
from tests.webapp.bus.redis_server import RedisServer
from tests.webapp.live.browser import encoded
from webapp.bus import interest, keys, quotes
from webapp.bus.redis import async_client
from webapp.live import fanout
from webapp.live.fanout import Fanout
from webapp.live.mailbox import Frame, Mailbox

ALICES, BOBS = uuid.UUID(int=1), uuid.UUID(int=2)


pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


async def publish(account_id: uuid.UUID, epoch: int, seq: int, price: str) -> None:
    async with async_client() as connection:
        assert await quotes.publish(connection, account_id, epoch, seq, encoded({1: price}))


def price_of(frame: Frame) -> str | None:
    prices: list[str] = [json.loads(quote)["bid"] for quote in frame.quotes]
    return prices[0] if prices else None


async def test_a_redis_that_was_away_is_followed_by_a_new_snapshot(own_redis: RedisServer, mailbox: Mailbox) -> None:
    await publish(ALICES, 1, 1, "1")
    mailbox.want([1])
    current = Fanout.here()
    current.join(ALICES, mailbox)
    assert price_of(await mailbox.take()) == "1"
    await asyncio.to_thread(own_redis.restart)
    await publish_until_heard(mailbox)
    await publish(ALICES, 1, 3, "3")
    assert price_of(await mailbox.take()) == "3"
    async with async_client() as connection:
        assert await interest.wanted(connection, ALICES) == {1}
    await current.leave(ALICES, mailbox)


async def publish_until_heard(mailbox: Mailbox) -> None:
    """The new Redis is empty, so the snapshot may come before the batch or with it."""
    await publish(ALICES, 1, 2, "2")
    frame = await mailbox.take()
    assert frame.kind == "snapshot"
    if price_of(frame) is None:
        frame = await mailbox.take()
    assert price_of(frame) == "2"


async def test_a_mailbox_of_each_account_gets_its_own(mailbox: Mailbox) -> None:
    other = Mailbox()
    current = Fanout.here()
    for account_id, box in ((ALICES, mailbox), (BOBS, other)):
        box.want([1])
        current.join(account_id, box)
        await box.take()
    await publish(ALICES, 1, 1, "1")
    await publish(BOBS, 1, 1, "2")
    assert (price_of(await mailbox.take()), price_of(await other.take())) == ("1", "2")
    await current.leave(ALICES, mailbox)
    await current.leave(BOBS, other)


async def test_an_account_that_leaves_and_comes_back_at_once_gets_a_snapshot(mailbox: Mailbox) -> None:
    await publish(ALICES, 1, 1, "1")
    stays, current = Mailbox(), Fanout.here()
    current.join(BOBS, stays)
    mailbox.want([1])
    current.join(ALICES, mailbox)
    await mailbox.take()
    back = Mailbox()
    back.want([1])
    await current.leave(ALICES, mailbox)
    current.join(ALICES, back)
    assert price_of(await back.take()) == "1"
    await current.leave(ALICES, back)
    await current.leave(BOBS, stays)


async def test_one_connection_serves_all_and_goes_with_the_last(own_redis: RedisServer, mailbox: Mailbox) -> None:
    second = Mailbox()
    current = Fanout.here()
    for box in (mailbox, second):
        box.want([1])
        current.join(ALICES, box)
        await box.take()
    assert Fanout.here() is current
    assert own_redis.subscribers(keys.quotes(ALICES)) == 1
    await current.leave(ALICES, mailbox)
    assert own_redis.subscribers(keys.quotes(ALICES)) == 1
    await current.leave(ALICES, second)
    assert not fanout._fanouts
    assert await asyncio.to_thread(became_true, lambda: not own_redis.subscribers(keys.quotes(ALICES)), deadline=10)


async def test_leaving_without_having_joined_does_nothing(mailbox: Mailbox) -> None:
    stays, current = Mailbox(), Fanout.here()
    current.join(ALICES, stays)
    await current.leave(ALICES, mailbox)
    await current.leave(BOBS, mailbox)
    assert Fanout.here() is current
    await current.leave(ALICES, stays)


async def test_a_fault_of_ours_is_logged_and_doesnt_end_the_quotes(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()

    async def broken(*_: object) -> None:
        failed.set()
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(quotes, "snapshot", broken)
        mailbox.want([1])
        current = Fanout.here()
        current.join(ALICES, mailbox)
        await failed.wait()
    await publish(ALICES, 1, 1, "1")
    frame = await mailbox.take()
    assert price_of(frame) == "1" or price_of(await mailbox.take()) == "1"
    assert "the quotes fan-out failed" in caplog.text
    await current.leave(ALICES, mailbox)
