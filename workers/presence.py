"""A worker's word that it is there, and what is wished of it as a whole."""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings
from django.db import DatabaseError

from webapp.accounts import workforce
from workers.database import Database

log = logging.getLogger(__name__)

# Seconds.
RENEW_EVERY, RENEW_DEADLINE, FAREWELL = 2.0, 5.0, 3.0


class Presence:
    """Keeps this worker's row. A database that is away costs its place on the list, and nothing else."""

    def __init__(self, *, name: str, capacity: int, database: Database) -> None:
        self.is_draining = False
        self._name = name
        self._capacity = capacity
        self._database = database

    async def run(self) -> None:
        while True:
            try:
                await self._renew()
            except (DatabaseError, TimeoutError) as error:
                log.warning("this worker's row could not be renewed: %r", error)
            except Exception:
                log.exception("this worker's row could not be renewed")
            await asyncio.sleep(RENEW_EVERY)

    async def leave(self) -> None:
        try:
            async with asyncio.timeout(FAREWELL):
                await self._database.call(workforce.leave, self._name)
        except (DatabaseError, TimeoutError) as error:
            log.warning("this worker could not say goodbye, and will be shown as lost: %r", error)

    async def _renew(self) -> None:
        async with asyncio.timeout(RENEW_DEADLINE):
            wish = await self._database.call(workforce.renew, self._name)
            if wish is None:
                await self._enrol()
        self._obey(bool(wish))

    async def _enrol(self) -> None:
        await self._database.call(workforce.enrol, name=self._name, version=settings.VERSION, capacity=self._capacity)

    def _obey(self, draining: bool) -> None:
        if draining != self.is_draining:
            log.warning("this worker is %s", "drained" if draining else "in service again")
        self.is_draining = draining
