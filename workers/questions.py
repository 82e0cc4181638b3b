"""Questions that somebody waits for: answered by the worker that holds the account, or refused with a sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from brokers import domain
from brokers.refusals import NodeError
from webapp.bus import interest, questions
from webapp.bus.quotes import encode
from webapp.trading import instruments
from webapp.trading.known_instruments import MOST_FOUND
from workers.asked import CannotAnswer, ReadyLink, Session
from workers.chains.answers import option_series, options
from workers.database import Database
from workers.descriptions import trading_hours
from workers.panes.answers import bars
from workers.previews import preview
from workers.profits import as_body
from workers.quotes import Conflator

log = logging.getLogger(__name__)

# Seconds; less than the asker waits, so that it is told why.
ANSWER_DEADLINE = 4.0
QUOTE_DEADLINE = 2.5
REDIS_DEADLINE = 2.0

# For all that fits a filter: a whole chain of options takes longer, and is worth a word of its own.
FILTER_DEADLINE = 3.5

LONGEST_SEARCH = 60

T = TypeVar("T")


async def answer(
    message: dict[str, Any],
    *,
    link: ReadyLink | None,
    quotes: Conflator,
    database: Database,
    redis: redis.asyncio.Redis,
) -> None:
    """Answer one question of the doorbell channel. `link` is None while the session isn't READY.

    Never raises: whoever asked waits with a deadline of its own.
    """
    try:
        session = Session(UUID(message["account"]), _ready(link), quotes, database, redis)
        body = await in_time(_answered(message, session))
    except (CannotAnswer, NodeError) as refusal:
        await reply(redis, message, refused=str(refusal))
    except Exception:
        log.exception("account %s: question %r", message["account"], message["question"])
        await reply(redis, message, refused="The session failed to answer. Try again in a minute.")
    else:
        await reply(redis, message, body=body)


def _ready(link: ReadyLink | None) -> ReadyLink:
    if link is None:
        raise CannotAnswer("The session isn't ready yet, so nobody can ask the broker. Wait until it is READY.")
    return link


async def in_time(answering: Coroutine[Any, Any, T]) -> T:
    """Raises CannotAnswer when it takes longer than whoever asked waits."""
    try:
        async with asyncio.timeout(ANSWER_DEADLINE):
            return await answering
    except TimeoutError:
        raise CannotAnswer(f"The gateway didn't answer within {ANSWER_DEADLINE:g} seconds. Try again.") from None


async def _answered(message: dict[str, Any], session: Session) -> dict[str, Any]:
    answerer = _ANSWERERS.get(message["question"])
    if answerer is None:
        raise CannotAnswer(f"A session can't answer {message['question']!r}.")
    return await answerer(session, message["body"])


async def _search(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """By text, or by a filter in IB's field names. `total` is how many there are; the first of them are listed."""
    asked = body.get("filter")
    found = await (_fitting(session, asked) if asked else session.node.provider.search(_search_text(body)))
    listed = found[:MOST_FOUND]
    await session.database.call(instruments.upsert_all, listed)
    return {"con_ids": [instrument.con_id for instrument in listed], "total": len(found)}


async def _fitting(session: Session, asked: dict[str, str]) -> list[domain.Instrument]:
    try:
        async with asyncio.timeout(FILTER_DEADLINE):
            return await session.node.provider.query(asked)
    except TimeoutError:
        raise CannotAnswer(
            f"The gateway didn't list all that fits within {FILTER_DEADLINE:g} seconds. "
            "Ask for less: an expiry, a strike or a right narrows it."
        ) from None


async def _newest_quote(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """The newest quote of an instrument, which is streamed from now on if it wasn't: see `interest`.

    Waited for as many `seconds` as the asker says, which itself waits a little longer.
    """
    con_id, seconds = int(body["con_id"]), min(float(body.get("seconds", QUOTE_DEADLINE)), QUOTE_DEADLINE)
    await interest.want(session.redis, session.account_id, [con_id])
    try:
        async with asyncio.timeout(seconds):
            quote = await session.quotes.priced(con_id)
    except TimeoutError:
        raise CannotAnswer("the broker sends no price of it.") from None
    return {"quote": encode(quote, session.quotes.doubt(con_id))}


async def _newest_quotes(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Those of several instruments; what has no price in time is told as it stands, or left out."""
    con_ids = [int(con_id) for con_id in body["con_ids"]]
    await interest.want(session.redis, session.account_id, con_ids)
    waiting = [asyncio.ensure_future(session.quotes.priced(con_id)) for con_id in con_ids]
    try:
        await asyncio.wait(waiting, timeout=QUOTE_DEADLINE)
    finally:
        for one in waiting:
            one.cancel()
    newest = [quote for con_id in con_ids if (quote := session.quotes.newest(con_id)) is not None]
    return {"quotes": [encode(quote, session.quotes.doubt(quote.con_id)) for quote in newest]}


async def _profit_and_loss(session: Session, _body: dict[str, Any]) -> dict[str, Any]:
    return {"profits": [as_body(said) for said in await session.link.profits.newest()]}


_ANSWERERS: dict[str, Callable[[Session, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "search": _search,
    "quote": _newest_quote,
    "quotes": _newest_quotes,
    "bars": bars,
    "trading_hours": trading_hours,
    "option_series": option_series,
    "options": options,
    "preview": preview,
    "profit_and_loss": _profit_and_loss,
}


def _search_text(body: dict[str, Any]) -> str:
    text = str(body.get("text", "")).strip()
    if not 1 <= len(text) <= LONGEST_SEARCH or not text.isprintable():
        raise CannotAnswer(f"Search for 1 to {LONGEST_SEARCH} printable characters, such as AAPL or EUR.USD.")
    return text


async def reply(
    redis: redis.asyncio.Redis, message: dict[str, Any], *, body: dict[str, Any] | None = None, refused: str = ""
) -> None:
    """Answer or refuse. An answer that doesn't reach Redis is a line in the log: whoever asked gives up by itself."""
    try:
        async with asyncio.timeout(REDIS_DEADLINE):
            if body is None:
                await questions.refuse(redis, message, refused)
            else:
                await questions.answer(redis, message, body)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("account %s: an answer didn't reach Redis: %r", message["account"], error)
