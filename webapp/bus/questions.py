"""A question to the worker that holds an account's session, answered while somebody waits (a symbol search, say).

Nothing that changes anything goes this way: a question may be lost, or answered after nobody waits any more.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django import db

from webapp.bus import keys
from webapp.bus.redis import SOCKET_SECONDS, client

_ANSWER_KEPT_SECONDS = 30

# One blocking read must end well before the socket's own deadline.
_LONGEST_READ_SECONDS = SOCKET_SECONDS / 2


class NoAnswer(Exception):
    """Nobody answered in time, or nobody listens, or Redis is out of reach. Its text may be shown to the user."""


class Refused(Exception):
    """The worker answered that it won't or can't. Its text is written for the user."""


def ask(account_id: UUID, question: str, body: dict[str, Any], *, deadline: float = 5.0) -> dict[str, Any]:
    """Ask and wait up to `deadline` seconds. Raises NoAnswer or Refused.

    Outside of a transaction, the thread's database connection is given back meanwhile.
    """
    _give_connection_back()
    reply_to = keys.answer(secrets.token_hex(16))
    message = {"account": str(account_id), "question": question, "body": body, "reply_to": reply_to}
    try:
        if not client().publish(keys.DOORBELL, json.dumps(message)):
            raise NoAnswer("No worker is running that could answer. Try again in a minute.")
        text = _wait(reply_to, deadline)
    except redis.RedisError as error:
        raise NoAnswer("The message bus is out of reach. Try again in a minute.") from error
    if text is None:
        raise NoAnswer(f"The session didn't answer within {deadline:g} seconds. Try again.")
    return _opened(json.loads(text))


def _give_connection_back() -> None:
    """To the pool, while we wait: a few slow sessions must not keep the database from every other page."""
    if not db.connection.in_atomic_block:
        db.connection.close()


def _wait(reply_to: str, seconds: float) -> str | None:
    """The answer, or None; in short reads, so that no read outlives the socket's deadline."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        popped: Any = client().blpop([reply_to], timeout=min(left, _LONGEST_READ_SECONDS))
        if popped is not None:
            return str(popped[1])
    return None


def _opened(message: dict[str, Any]) -> dict[str, Any]:
    if "refused" in message:
        raise Refused(message["refused"])
    answered: dict[str, Any] = message["answer"]
    return answered


async def answer(connection: redis.asyncio.Redis, message: dict[str, Any], body: dict[str, Any]) -> None:
    """Answer a question that `doorbell.listen` yielded."""
    await _reply(connection, message, {"answer": body})


async def refuse(connection: redis.asyncio.Redis, message: dict[str, Any], text: str) -> None:
    """Answer that it can't be done, with a sentence for the user."""
    await _reply(connection, message, {"refused": text})


async def _reply(connection: redis.asyncio.Redis, message: dict[str, Any], reply: dict[str, Any]) -> None:
    async with connection.pipeline(transaction=True) as pipe:
        pipe.rpush(message["reply_to"], json.dumps(reply))
        pipe.expire(message["reply_to"], _ANSWER_KEPT_SECONDS)
        await pipe.execute()
