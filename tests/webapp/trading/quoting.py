"""A worker's side of the bus, for tests without one: answers questions for an account's newest quote."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokers.domain import MarketDataType, Quote, StreamKind, StreamStatus
from webapp.bus import doorbell, questions
from webapp.bus.quotes import encode
from webapp.bus.redis import async_client

AAPL = 265598
LIVE = Quote(
    con_id=AAPL,
    at=datetime(2026, 1, 5, 15, 0, tzinfo=UTC),
    market_data_type=MarketDataType.LIVE,
    bid=Decimal("190.00"),
    ask=Decimal("190.10"),
    last=Decimal("190.05"),
)
STALE = StreamStatus(
    con_id=AAPL, stream=StreamKind.QUOTES, is_stale=True, reason="no quote for 30 seconds.", at=LIVE.at
)


def quote(**changes: Any) -> Quote:
    return replace(LIVE, **changes)


@contextmanager
def quoting(
    newest: Quote | None = LIVE, status: StreamStatus | None = None, *, age: timedelta = timedelta()
) -> Iterator[None]:
    """Every question for a quote is answered with this one, as old as `age`; None refuses, as who hears none does."""
    answering = _Answering(newest, status, age)
    answering.start()
    try:
        yield
    finally:
        answering.stop()


class _Answering:
    def __init__(self, newest: Quote | None, status: StreamStatus | None, age: timedelta) -> None:
        self._newest, self._status, self._age = newest, status, age
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._listening.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(20)

    async def _run(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        answering = asyncio.create_task(self._answer())
        await self._stopped.wait()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)

    async def _answer(self) -> None:
        async with async_client() as connection:
            async for message in doorbell.listen(connection):
                if "reconnected" in message:
                    self._listening.set()
                elif message.get("question") == "quote":
                    await self._reply(connection, message)

    async def _reply(self, connection: Any, message: dict[str, Any]) -> None:
        if self._newest is None:
            await questions.refuse(connection, message, "the broker sends no price of it.")
        else:
            newest = replace(self._newest, at=datetime.now(UTC) - self._age)
            await questions.answer(connection, message, {"quote": encode(newest, self._status)})
