from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import doorbell, keys
from webapp.bus.redis import async_client

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
async def heard(connection: redis.asyncio.Redis) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """A worker that has begun to listen."""
    messages = doorbell.listen(connection)
    assert await anext(messages) == {"reconnected": True}
    yield messages
    await messages.aclose()


async def test_a_ring_names_the_account(heard: AsyncIterator[dict[str, Any]], account_id: uuid.UUID) -> None:
    assert doorbell.ring(account_id)
    assert await anext(heard) == {"account": str(account_id)}


@pytest.mark.parametrize("rubbish", ["{", "[]", "null", "{}", '"account"'])
async def test_rubbish_is_dropped_with_a_reason_and_listening_goes_on(
    heard: AsyncIterator[dict[str, Any]],
    connection: redis.asyncio.Redis,
    account_id: uuid.UUID,
    rubbish: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await connection.publish(keys.DOORBELL, rubbish)
    doorbell.ring(account_id)
    assert await anext(heard) == {"account": str(account_id)}
    assert "dropped a doorbell message" in caplog.text


async def test_a_listener_outlives_redis_and_says_that_it_may_have_missed_something(
    own_redis: RedisServer, account_id: uuid.UUID
) -> None:
    async with async_client() as connection, asyncio.timeout(30):
        messages = doorbell.listen(connection)
        assert await anext(messages) == {"reconnected": True}
        own_redis.stop()
        coming = asyncio.create_task(anext(messages))
        await asyncio.to_thread(own_redis.start)
        assert await coming == {"reconnected": True}
        doorbell.ring(account_id)
        assert await anext(messages) == {"account": str(account_id)}
        await messages.aclose()


async def test_a_listener_that_ends_leaves_no_subscription(own_redis: RedisServer) -> None:
    async with async_client() as connection, asyncio.timeout(10):
        messages = doorbell.listen(connection)
        await anext(messages)
        assert own_redis.subscribers(keys.DOORBELL) == 1
        await messages.aclose()
        while own_redis.subscribers(keys.DOORBELL):
            await connection.ping()


def test_ringing_without_redis_says_so_and_harms_nobody(
    own_redis: RedisServer, account_id: uuid.UUID, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    assert not doorbell.ring(account_id)
    assert (caplog.records[-1].levelno, str(account_id) in caplog.text) == (logging.WARNING, True)
