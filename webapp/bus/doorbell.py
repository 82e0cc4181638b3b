"""The doorbell: "look at your rows". A lost ring costs the workers' next slow poll, nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import redis
import redis.asyncio

from webapp.bus import keys
from webapp.bus.redis import client, messages, pause_after

logger = logging.getLogger(__name__)

_CALL = json.dumps({"free": True})


def ring(account_id: UUID) -> bool:
    """Tell the worker that holds this account to look at its commands, desired state and interest.

    Never raises for Redis: the rows are already committed, and the slow poll finds them. False when it wasn't sent.
    """
    try:
        client().publish(keys.DOORBELL, json.dumps({"account": str(account_id)}))
    except redis.RedisError as error:
        logger.warning(
            "the doorbell of account %s didn't ring, the slow poll will find its rows: %s", account_id, error
        )
        return False
    return True


def call_any_worker() -> bool:
    """Tell every worker that a session waits for one with room. As `ring`, it never raises for Redis."""
    try:
        client().publish(keys.DOORBELL, _CALL)
    except redis.RedisError as error:
        logger.warning("no worker was called, their slow poll will find the session: %s", error)
        return False
    return True


async def call_workers(connection: redis.asyncio.Redis) -> None:
    """As `call_any_worker`, from a loop. Raises what Redis raises."""
    await connection.publish(keys.DOORBELL, _CALL)


async def listen(connection: redis.asyncio.Redis) -> AsyncIterator[dict[str, Any]]:
    """Every message of the doorbell channel, for ever; survives Redis going away and coming back.

    Yields {"reconnected": True} when listening begins, the first time too: whatever was rung before then was missed,
    so look at all rows. Then {"account"} for a ring, {"account", "question", "body", "reply_to"} for a question, and
    {"free": True} when a session waits for any worker.
    """
    failures = 0
    while True:
        try:
            async for message in _subscription(connection):
                failures = 0
                yield message
        except (redis.RedisError, OSError) as error:
            failures += 1
            pause = pause_after(failures)
            logger.warning("the doorbell is out of reach, trying again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)


async def _subscription(connection: redis.asyncio.Redis) -> AsyncIterator[dict[str, Any]]:
    async with connection.pubsub() as pubsub:
        await pubsub.subscribe(keys.DOORBELL)
        async for message in messages(pubsub):
            if message["type"] == "subscribe":
                yield {"reconnected": True}
            elif message["type"] == "message" and (decoded := _decoded(message["data"])):
                yield decoded


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        message = json.loads(text)
    except ValueError:
        message = None
    if isinstance(message, dict) and ("account" in message or "free" in message):
        return message
    logger.warning("dropped a doorbell message that isn't one of ours: %.200r", text)
    return None
