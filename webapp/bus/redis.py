"""Redis clients with a deadline on everything, and the broker's address in Celery's words."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection, Connection, ConnectionPool, parse_url
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

SOCKET_SECONDS = 3.0
CONNECT_SECONDS = 2.0

# A subscriber hears nothing for this long: it pings, and gives up after as long again.
QUIET_SECONDS = 10.0

_LONGEST_PAUSE_SECONDS = 5.0

# RESP2, because redis-py takes a RESP3 PONG on a subscribed connection for a message.
_OPTIONS: dict[str, Any] = {
    "decode_responses": True,
    "protocol": 2,
    "socket_timeout": SOCKET_SECONDS,
    "socket_connect_timeout": CONNECT_SECONDS,
}


@functools.cache
def client() -> redis.Redis:
    """This process's client for code that blocks: views, services, management commands.

    A dropped connection is tried once more, a deadline is not: whoever waits has waited enough.
    """
    retry = Retry(ExponentialBackoff(cap=0.2, base=0.05), retries=1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(settings.REDIS_URL, retry=retry, **_OPTIONS)


def async_client() -> redis.asyncio.Redis:
    """A new client for the running loop; the caller closes it (`async with`, or `aclose`). Tries nothing twice."""
    pool = async_pool(settings.REDIS_URL, **_OPTIONS)
    return redis.asyncio.Redis.from_pool(pool)


def async_pool(url: str, **options: Any) -> ConnectionPool:
    """Connections for the running loop that end when they are told to."""
    options |= {"retry": AsyncRetry(NoBackoff(), retries=0), **parse_url(url)}
    options["connection_class"] = _cancellable(options.get("connection_class", Connection))
    return ConnectionPool(**options)


@functools.cache
def _cancellable(connection_class: type[AbstractConnection]) -> type[AbstractConnection]:
    return type(f"Cancellable{connection_class.__name__}", (_Cancellable, connection_class), {})


class _Cancellable(AbstractConnection):
    """redis-py sends through `asyncio.wait_for`, which loses a cancellation that meets a finished write (until 3.12).

    A task that was to end would then go on, for ever if it reads in a loop, and whoever waits for its end with it.
    """

    async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(*arguments, **options)
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


async def messages(pubsub: PubSub) -> AsyncIterator[dict[str, Any]]:
    """What a subscribed connection hears, confirmations (type "subscribe") included.

    A confirmation means "from here on nothing is missed"; it comes again whenever the connection was made anew.
    Raises redis.TimeoutError when Redis stopped answering pings, and redis.ConnectionError when it hung up.
    """
    pinged = False
    while True:
        message = await pubsub.get_message(timeout=QUIET_SECONDS)
        if message is None:
            if pinged:
                raise redis.TimeoutError(f"Redis answered no ping within {QUIET_SECONDS:g} s on a subscription.")
            await pubsub.ping()
        elif message["type"] != "pong":
            yield message
        pinged = message is None


def pause_after(failures: int) -> float:
    """Seconds to wait before trying again: doubles from a tenth of one up to five.

    Jitter keeps the processes that lost Redis together from coming back together.
    """
    return min(_LONGEST_PAUSE_SECONDS, 0.05 * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311


def celery_url() -> str:
    """The settings' address as Celery's Redis transport writes it: a unix socket is `redis+socket://` there."""
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme != "unix":
        return str(settings.REDIS_URL)
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
