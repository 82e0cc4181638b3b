"""Questions that somebody waits for: answered by the worker that holds the account, or refused with a sentence."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from brokers import domain
from brokers.node import TradingNode
from brokers.refusals import NodeError
from webapp.bus import questions
from webapp.trading import instruments
from workers.database import Database

log = logging.getLogger(__name__)

# Seconds; less than the asker waits, so that it is told why.
ANSWER_DEADLINE = 4.0
REDIS_DEADLINE = 2.0

LONGEST_SEARCH = 60


class CannotAnswer(Exception):
    """Its text is written for the user."""


async def answer(
    message: dict[str, Any], *, node: TradingNode | None, database: Database, redis: redis.asyncio.Redis
) -> None:
    """Answer one question of the doorbell channel. `node` is None while the session isn't READY.

    Never raises: whoever asked waits with a deadline of its own.
    """
    try:
        body = await _answered_in_time(message, node, database)
    except (CannotAnswer, NodeError) as refusal:
        await _reply(redis, message, refused=str(refusal))
    except Exception:
        log.exception("account %s: question %r", message["account"], message["question"])
        await _reply(redis, message, refused="The session failed to answer. Try again in a minute.")
    else:
        await _reply(redis, message, body=body)


async def _answered_in_time(message: dict[str, Any], node: TradingNode | None, database: Database) -> dict[str, Any]:
    if node is None:
        raise CannotAnswer("The session isn't ready yet, so nobody can ask the broker. Wait until it is READY.")
    try:
        async with asyncio.timeout(ANSWER_DEADLINE):
            return await _answered(message, node, database)
    except TimeoutError:
        raise CannotAnswer(f"The gateway didn't answer within {ANSWER_DEADLINE:g} seconds. Try again.") from None


async def _answered(message: dict[str, Any], node: TradingNode, database: Database) -> dict[str, Any]:
    if message["question"] != "search":
        raise CannotAnswer(f"A session can't answer {message['question']!r}.")
    found = await node.provider.search(_search_text(message["body"]))
    await database.call(_upsert_all, found)
    return {"con_ids": [instrument.con_id for instrument in found]}


def _search_text(body: dict[str, Any]) -> str:
    text = str(body.get("text", "")).strip()
    if not 1 <= len(text) <= LONGEST_SEARCH or not text.isprintable():
        raise CannotAnswer(f"Search for 1 to {LONGEST_SEARCH} printable characters, such as AAPL or EUR.USD.")
    return text


def _upsert_all(found: list[domain.Instrument]) -> None:
    for instrument in found:
        instruments.upsert(instrument)


async def _reply(
    redis: redis.asyncio.Redis, message: dict[str, Any], *, body: dict[str, Any] | None = None, refused: str = ""
) -> None:
    try:
        async with asyncio.timeout(REDIS_DEADLINE):
            if body is None:
                await questions.refuse(redis, message, refused)
            else:
                await questions.answer(redis, message, body)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("account %s: an answer didn't reach Redis: %r", message["account"], error)
