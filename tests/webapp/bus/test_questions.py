from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio
from django.db import connection

from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import doorbell, questions

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
async def asked(connection: redis.asyncio.Redis) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """A worker that has begun to listen."""
    messages = doorbell.listen(connection)
    assert await anext(messages) == {"reconnected": True}
    yield messages
    await messages.aclose()


def ask_in_thread(account_id: uuid.UUID, **options: Any) -> asyncio.Task[dict[str, Any]]:
    return asyncio.create_task(asyncio.to_thread(questions.ask, account_id, "search", {"text": "AAPL"}, **options))


async def test_a_question_is_answered(
    asked: AsyncIterator[dict[str, Any]], connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    waiting = ask_in_thread(account_id)
    message = await anext(asked)
    assert (message["account"], message["question"]) == (str(account_id), "search")
    assert message["body"] == {"text": "AAPL"}
    await questions.answer(connection, message, {"con_ids": [265598]})
    assert await waiting == {"con_ids": [265598]}


async def test_two_who_ask_at_once_get_their_own_answers(
    asked: AsyncIterator[dict[str, Any]], connection: redis.asyncio.Redis
) -> None:
    waiting = {str(account_id): ask_in_thread(account_id) for account_id in (uuid.uuid4(), uuid.uuid4())}
    for message in [await anext(asked), await anext(asked)]:
        await questions.answer(connection, message, {"for": message["account"]})
    assert {key: (await task)["for"] for key, task in waiting.items()} == {key: key for key in waiting}


async def test_a_refusal_arrives_as_its_text(
    asked: AsyncIterator[dict[str, Any]], connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    waiting = ask_in_thread(account_id)
    await questions.refuse(connection, await anext(asked), "The session isn't ready.")
    with pytest.raises(questions.Refused, match=r"^The session isn't ready\.$"):
        await waiting


async def test_nobody_answering_in_time_is_no_answer(
    asked: AsyncIterator[dict[str, Any]], account_id: uuid.UUID
) -> None:
    waiting = ask_in_thread(account_id, deadline=0.2)
    await anext(asked)
    with pytest.raises(questions.NoAnswer, match=r"didn't answer within 0\.2 seconds"):
        await waiting


async def test_an_answer_that_nobody_waits_for_expires(
    asked: AsyncIterator[dict[str, Any]], connection: redis.asyncio.Redis, account_id: uuid.UUID
) -> None:
    waiting = ask_in_thread(account_id, deadline=0.05)
    message = await anext(asked)
    with pytest.raises(questions.NoAnswer):
        await waiting
    await questions.answer(connection, message, {})
    assert 0 < await connection.ttl(message["reply_to"]) <= 30


def test_without_any_worker_the_answer_is_no_at_once(account_id: uuid.UUID) -> None:
    with pytest.raises(questions.NoAnswer, match="No worker is running"):
        questions.ask(account_id, "search", {"text": "AAPL"}, deadline=60)


def test_without_redis_the_answer_is_no(own_redis: RedisServer, account_id: uuid.UUID) -> None:
    own_redis.stop()
    with pytest.raises(questions.NoAnswer, match="out of reach"):
        questions.ask(account_id, "search", {"text": "AAPL"})


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_for_an_answer_holds_no_database_connection() -> None:
    connection.ensure_connection()
    with pytest.raises(questions.NoAnswer):
        questions.ask(uuid.uuid4(), "search", {"text": "AAPL"}, deadline=0.1)
    assert connection.connection is None


@pytest.mark.django_db
def test_a_transaction_keeps_its_connection_while_it_asks() -> None:
    with pytest.raises(questions.NoAnswer):
        questions.ask(uuid.uuid4(), "search", {"text": "AAPL"}, deadline=0.1)
    assert connection.connection is not None
