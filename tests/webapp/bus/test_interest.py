from __future__ import annotations

import asyncio
import uuid

import redis.asyncio

from webapp.bus import doorbell, interest, keys


async def test_what_is_wanted_is_told_and_belongs_to_its_account(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await interest.want(connection, account_id, [265598, 12087792])
    assert await interest.wanted(connection, account_id) == {265598, 12087792}
    assert await interest.wanted(connection, uuid.uuid4()) == set()


async def test_only_something_new_rings_the_doorbell(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    async with asyncio.timeout(10):
        heard = doorbell.listen(connection)
        await anext(heard)
        assert await interest.want(connection, account_id, [1, 2]) == 2
        assert await interest.want(connection, account_id, [1, 2]) == 0
        assert await interest.want(connection, account_id, [2, 3]) == 1
        last = uuid.uuid4()
        doorbell.ring(last)
        rung = [(await anext(heard))["account"] for _ in range(3)]
        await heard.aclose()
    assert rung == [str(account_id), str(account_id), str(last)]


async def test_interest_whose_time_is_over_is_none_and_is_new_again_then(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await interest.want(connection, account_id, [1, 2])
    now, _ = await connection.time()
    await connection.zadd(keys.interest(account_id), {"1": now})
    assert await interest.wanted(connection, account_id) == {2}
    assert await interest.want(connection, account_id, [1, 2]) == 1
    assert await interest.wanted(connection, account_id) == {1, 2}


async def test_a_shorter_wish_never_shortens_a_longer_one(
    connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    await interest.want(connection, account_id, [1], seconds=500)
    until = await connection.zscore(keys.interest(account_id), "1")
    await interest.want(connection, account_id, [1], seconds=1)
    assert await connection.zscore(keys.interest(account_id), "1") == until


async def test_wanting_nothing_leaves_what_others_want(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    await interest.want(connection, account_id, [1])
    assert await interest.want(connection, account_id, []) == 0
    assert await interest.wanted(connection, account_id) == {1}


async def test_the_key_goes_with_its_last_interest(connection: redis.asyncio.Redis, account_id: uuid.UUID) -> None:
    await interest.want(connection, account_id, [1], seconds=30)
    assert 0 < await connection.ttl(keys.interest(account_id)) <= 31
