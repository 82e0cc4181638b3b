"""Handing a drained worker's sessions to the others, no faster than they can take them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

from webapp.accounts import workforce
from workers.database import Database
from workers.presence import Presence
from workers.session import SessionRun

log = logging.getLogger(__name__)

# Seconds between two steps, and how many sessions may be on their way at once.
STEP_EVERY = 1.0
AT_ONCE = 4


class Draining:
    """A session that no other worker has room for stays here, and is served as before: draining takes nothing down."""

    def __init__(
        self, *, name: str, presence: Presence, held: Callable[[], list[SessionRun]], leases: Database
    ) -> None:
        self._name = name
        self._presence = presence
        self._held = held
        self._leases = leases
        self._on_their_way: set[UUID] = set()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(STEP_EVERY)
            try:
                if self._presence.is_draining:
                    await self._step()
            except Exception:
                log.exception("sessions could not be handed over")

    async def _step(self) -> None:
        runs = self._held()
        self._on_their_way &= {run.account_id for run in runs}
        staying = [run for run in runs if run.account_id not in self._on_their_way]
        if not staying:
            return
        room = await self._leases.call(workforce.room_elsewhere, self._name)
        for run in staying[: max(0, min(room, AT_ONCE) - len(self._on_their_way))]:
            self._on_their_way.add(run.account_id)
            run.hand_over()
