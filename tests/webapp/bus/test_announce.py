from __future__ import annotations

import asyncio
import uuid

import pytest
from channels.layers import get_channel_layer

from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import announce, keys


async def test_an_event_reaches_the_browsers_of_its_account(account_id: uuid.UUID) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    async with asyncio.timeout(10):
        await layer.group_add(keys.account_group(account_id), channel)
        assert await asyncio.to_thread(announce.event, uuid.uuid4(), {"number": 1})
        assert await asyncio.to_thread(announce.event, account_id, {"number": 2, "kind": "order"})
        heard = await layer.receive(channel)
    assert heard == {"type": "account.event", "event": {"number": 2, "kind": "order"}}


def test_without_redis_an_event_is_not_announced_and_nothing_is_raised(
    own_redis: RedisServer, account_id: uuid.UUID, caplog: pytest.LogCaptureFixture
) -> None:
    assert announce.event(account_id, {"number": 6})
    own_redis.stop()
    assert not announce.event(account_id, {"number": 7})
    assert f"event 7 of account {account_id} wasn't announced" in caplog.text


def test_a_redis_that_answers_nothing_holds_nobody_up(
    own_redis: RedisServer, account_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "_SECONDS", 0.2)
    own_redis.freeze()
    assert not announce.event(account_id, {"number": 7})
