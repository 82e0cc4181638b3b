"""One account's writes, in the order in which the broker spoke, one after the other, in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from workers import fencing
from workers.database import PASSING_ERRORS, Database

log = logging.getLogger(__name__)

# Writes that one trip to a thread may hold, so that a resync of thousands shares the threads with other accounts.
BATCH = 100
# Seconds. Trying again ends with the lease: a database that is away can't renew it either.
TRY_AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class Write:
    """One thing that the broker said, as the service call that records it. `what` names it in a log."""

    what: str
    record: Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Outcome:
    done: int
    error: Exception | None


class RowWriter:
    """A queue with a single consumer.

    What the database refuses is put down in `refused` and the rest goes on: the session then reads all again from
    the gateway, since a row that was passed over would never be right by itself.
    """

    def __init__(
        self,
        database: Database,
        *,
        account_id: UUID,
        fence: int,
        may_write: Callable[[], bool],
        on_refused: Callable[[], None],
    ) -> None:
        self.refused: list[str] = []
        self._on_refused = on_refused
        self._database = database
        self._account_id = account_id
        self._fence = fence
        self._may_write = may_write
        self._queue: asyncio.Queue[Write] = asyncio.Queue()
        self._put = self._done = 0  # how many, ever
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []

    def put(self, write: Write) -> None:
        self._put += 1
        self._queue.put_nowait(write)

    async def flush(self, *, deadline: float) -> None:
        """Return when everything put so far is in the database, whatever comes meanwhile. Raises TimeoutError."""
        if self._done == self._put:
            return
        flushed = asyncio.get_running_loop().create_future()
        self._flushes.append((self._put, flushed))
        async with asyncio.timeout(deadline):
            await flushed

    def take_refused(self) -> list[str]:
        """What was refused since the last call."""
        refused, self.refused = self.refused, []
        return refused

    async def run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty() and len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
            try:
                await self._write(batch)
            finally:
                self._finish(len(batch))

    def _finish(self, writes: int) -> None:
        self._done += writes
        for target, flushed in self._flushes:
            if target <= self._done and not flushed.done():
                flushed.set_result(None)
        self._flushes = [(target, flushed) for target, flushed in self._flushes if not flushed.done()]

    async def _write(self, batch: list[Write]) -> None:
        while batch and self._may_write():
            outcome = await self._database.call(self._write_in_order, batch)
            batch = batch[outcome.done :]
            if isinstance(outcome.error, PASSING_ERRORS):
                log.warning("account %s: %s not written yet: %s", self._account_id, batch[0].what, outcome.error)
                await asyncio.sleep(TRY_AGAIN)
            elif outcome.error is not None:
                self._refuse(batch.pop(0), outcome.error)

    def _refuse(self, write: Write, error: Exception) -> None:
        log.error("account %s: %s could not be written", self._account_id, write.what, exc_info=error)
        self.refused.append(write.what)
        self._on_refused()

    def _write_in_order(self, batch: list[Write]) -> _Outcome:
        """In a thread. Stop at the first that fails: what the broker said after it may build on it."""
        for done, write in enumerate(batch):
            if not self._may_write():
                return _Outcome(len(batch), None)
            try:
                with fencing.writing(account_id=self._account_id, fence=self._fence):
                    write.record()
            except fencing.LeaseLost as lost:
                log.warning("%s %s is left to its owner.", lost, write.what)
                return _Outcome(len(batch), None)
            except Exception as error:  # noqa: BLE001 - stated in the outcome, and logged by the caller
                return _Outcome(done, error)
        return _Outcome(len(batch), None)
