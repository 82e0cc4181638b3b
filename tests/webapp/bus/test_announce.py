from __future__ import annotations

import asyncio
import uuid

import pytest
from channels.layers import get_channel_layer

from deploy.local.processes import became_true
from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import announce, keys

DEADLINE = 20.0


def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    assert became_true(lambda: text in caplog.text, deadline=DEADLINE), caplog.text


async def test_an_event_reaches_the_browsers_of_its_account(account_id: uuid.UUID) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    async with asyncio.timeout(DEADLINE):
        await layer.group_add(keys.account_group(account_id), channel)
        assert announce.event(uuid.uuid4(), {"number": 1})
        assert announce.event(account_id, {"number": 2, "kind": "order"})
        heard = await layer.receive(channel)
    event = {"number": 2, "kind": "order"}
    assert heard == {"type": "account.event", "account": str(account_id), "event": event}


async def test_events_are_announced_in_their_order(account_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "_SECONDS", DEADLINE)  # a busy machine's Redis is no Redis that is away
    layer = get_channel_layer()
    channel = await layer.new_channel()
    async with asyncio.timeout(DEADLINE):
        await layer.group_add(keys.account_group(account_id), channel)
        for number in range(50):
            announce.event(account_id, {"number": number})
        heard = [(await layer.receive(channel))["event"]["number"] for _ in range(50)]
    assert heard == list(range(50))


def test_without_redis_an_event_is_not_announced_and_nothing_is_raised(
    own_redis: RedisServer, account_id: uuid.UUID, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    assert announce.event(account_id, {"number": 7})
    logged(caplog, f"event 7 of account {account_id} wasn't announced")


async def test_a_redis_that_answers_nothing_holds_nobody_up_and_is_used_again_when_it_does(
    own_redis: RedisServer, account_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(announce, "_SECONDS", 0.2)
    own_redis.freeze()
    assert all(announce.event(account_id, {"number": number}) for number in range(3))
    await asyncio.to_thread(logged, caplog, f"event 2 of account {account_id} wasn't announced")
    own_redis.thaw()
    monkeypatch.setattr(announce, "_SECONDS", DEADLINE)
    layer = get_channel_layer()
    channel = await layer.new_channel()
    async with asyncio.timeout(DEADLINE):
        await layer.group_add(keys.account_group(account_id), channel)
        announce.event(account_id, {"number": 3})
        heard = await layer.receive(channel)
    assert heard["event"] == {"number": 3}


def test_more_than_can_wait_are_left_to_be_fetched(
    own_redis: RedisServer, account_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(announce, "_MOST_WAITING", 2)
    monkeypatch.setattr(announce, "_announcer", announce._Announcer())
    monkeypatch.setattr(announce, "_SECONDS", 1.0)
    own_redis.freeze()
    assert announce.event(account_id, {"number": 0})
    assert became_true(lambda: not announce.event(account_id, {"number": 9}), deadline=DEADLINE)
    logged(caplog, f"event 9 of account {account_id} wasn't announced, browsers will fetch it: too many wait")
