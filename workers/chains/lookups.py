"""Option chains of one node: looked up when somebody asks, expiry by expiry, and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from datetime import date
from typing import Any

from brokers.domain import Instrument, OptionSeries
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from webapp.trading import instruments
from workers.database import Database

# Seconds; less than an answer may take, so that it can say that it is on its way.
WAIT = 3.5
# Expiries and strikes are added by the day.
KEPT = 3600.0

WAITS = "Interactive Brokers is still listing {what}. It is asked for again by itself."


class StillListing(Exception):
    """Its text is written for the user."""


class Lookups:
    """Each question is asked once for all who want its answer, and goes on when they no longer wait."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[Any]], *, what: str) -> Any:
        """Raises StillListing while the answer is on its way, and what `ask` raised, which is then asked anew."""
        at, task = self._asked.get(key, (0.0, None))
        if task is None or time.monotonic() - at > KEPT:
            task = asyncio.ensure_future(ask())
            self._asked[key] = (time.monotonic(), task)
        done, _ = await asyncio.wait({task}, timeout=WAIT)
        if not done:
            raise StillListing(WAITS.format(what=what))
        if task.exception() is not None:
            self._asked.pop(key, None)
        return task.result()


class OptionChains:
    def __init__(self, *, provider: InteractiveBrokersInstrumentProvider, database: Database) -> None:
        self._provider = provider
        self._database = database
        self._lookups = Lookups()

    async def series(self, con_id: int) -> list[OptionSeries]:
        """Raises StillListing and NodeError."""

        async def ask() -> list[OptionSeries]:
            return await self._provider.option_series(await self._provider.instrument(con_id))

        found: list[OptionSeries] = await self._lookups.get(("series", con_id), ask, what="the expiries")
        return found

    async def options(self, con_id: int, expiry: date, trading_class: str) -> list[Instrument]:
        """Known to the pages, too, once they are here. Raises StillListing and NodeError."""

        async def ask() -> list[Instrument]:
            underlying = await self._provider.instrument(con_id)
            found = await self._provider.option_chain(
                underlying, expiry_from=expiry, expiry_to=expiry, trading_class=trading_class
            )
            await self._database.call(instruments.upsert_all, found)
            return found

        found: list[Instrument] = await self._lookups.get(
            (con_id, expiry, trading_class), ask, what=f"the options of {expiry}"
        )
        return found
