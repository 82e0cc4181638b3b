from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis
from kombu import Connection

from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import redis as bus_redis


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("redis://:pass@cache:6379/2", "redis://:pass@cache:6379/2"),
        ("rediss://cache:6380/0", "rediss://cache:6380/0"),
    ],
)
def test_the_address_is_written_as_celery_writes_it(settings: Any, ours: str, celerys: str) -> None:
    settings.REDIS_URL = ours
    assert bus_redis.celery_url() == celerys


def test_celery_reaches_the_same_redis() -> None:
    with (
        Connection(bus_redis.celery_url(), connect_timeout=2) as connection,
        connection.SimpleQueue("letters") as queue,
    ):
        queue.put({"hello": "there"})
        assert bus_redis.client().llen("letters") == 1
        letter = queue.get(timeout=5)
        letter.ack()
    assert letter.payload == {"hello": "there"}


async def test_a_quiet_subscription_is_pinged_and_still_hears(
    connection: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_redis, "QUIET_SECONDS", 0.02)
    async with connection.pubsub() as pubsub, asyncio.timeout(10):
        await pubsub.subscribe("quiet")
        heard = bus_redis.messages(pubsub)
        assert (await anext(heard))["type"] == "subscribe"
        waiting = asyncio.create_task(anext(heard))
        while await pings(connection) < 3:
            await asyncio.wait({waiting}, timeout=0.01)
        await connection.publish("quiet", "a word")
        assert (await waiting)["data"] == "a word"


async def pings(connection: redis.asyncio.Redis) -> int:
    statistics = await connection.info("commandstats")
    return int(statistics.get("cmdstat_ping", {"calls": 0})["calls"])


async def test_a_subscription_that_answers_no_ping_is_given_up(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_redis, "QUIET_SECONDS", 0.05)
    async with bus_redis.async_client() as connection, connection.pubsub() as pubsub, asyncio.timeout(10):
        await pubsub.subscribe("quiet")
        heard = bus_redis.messages(pubsub)
        await anext(heard)
        own_redis.freeze()
        with pytest.raises(redis.TimeoutError, match=r"answered no ping within 0\.05 s"):
            await anext(heard)


def test_a_frozen_redis_ends_a_blocking_command_with_an_error(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bus_redis._OPTIONS, "socket_timeout", 0.1)
    bus_redis.client().ping()
    own_redis.freeze()
    with pytest.raises(redis.TimeoutError):
        bus_redis.client().ping()


def test_pauses_grow_and_are_never_longer_than_five_seconds() -> None:
    assert bus_redis.pause_after(1) <= 0.1
    assert all(2.5 <= bus_redis.pause_after(failures) <= 5.0 for failures in range(7, 2000, 100))


async def test_a_task_ends_when_told_to_wherever_it_is_in_a_command(connection: redis.asyncio.Redis) -> None:
    await connection.ping()
    for steps in range(40):
        task = asyncio.create_task(ping_forever(connection))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        ended, _ = await asyncio.wait({task}, timeout=5)
        task.cancel()
        assert ended, f"told to end after {steps} steps, it went on"


async def ping_forever(connection: redis.asyncio.Redis) -> None:
    while True:
        await connection.ping()
