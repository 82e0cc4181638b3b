from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from tests.webapp.bus.redis_server import own_redis as own_redis
from webapp.bus.redis import async_client


@pytest.fixture
def account_id() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
async def connection() -> AsyncIterator[redis.asyncio.Redis]:
    async with async_client() as opened:
        yield opened
