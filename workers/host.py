"""One asyncio loop, in a thread of its own, that holds this worker's sessions.

Celery's tasks are short and run in other threads of the same process; they reach the loop through `current()`. A
session is never a task: the broker of tasks would deliver a long one twice.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from brokers.gateways.base import GatewayRuntime
from webapp.accounts.models import GatewaySession
from webapp.bus import doorbell
from webapp.bus.redis import async_client
from workers import gateway_logs, leases, questions, supervision
from workers.database import Database
from workers.draining import Draining
from workers.gateway import gateway_name
from workers.looking import FreeSessions
from workers.presence import Presence
from workers.session import SessionRun
from workers.unsealing import Opener
from workers.waiting import ended
from workers.workplace import Workplace

log = logging.getLogger(__name__)

DATABASE_THREADS = 8
LEASE_THREADS = 4

# Seconds. What isn't handed over within STOP_DEADLINE is left to its lease.
START_DEADLINE = 10.0
TASK_DEADLINE = 10.0
STOP_DEADLINE = 30.0
CLOSE_DEADLINE = 10.0
LISTEN_AGAIN = 1.0
SWEEP_DEADLINE = 55.0
# A gateway that is younger may belong to an account which is newer than the list.
OLD_ENOUGH = 120.0


T = TypeVar("T")


class Taken(StrEnum):
    """What became of a request to take a session."""

    TAKEN = "taken"
    HERE_ALREADY = "here already"
    NOT_FREE = "held elsewhere, or no longer wanted"
    FULL = "this worker is full"
    STOPPING = "this worker stops"
    DRAINING = "this worker is drained"


class HostNotRunning(Exception):
    """Sessions live in a worker process; this is none, or it has stopped."""


class SessionHost:
    """Started and stopped from any thread. What begins with an underscore runs on the loop."""

    def __init__(self, *, name: str, runtime: GatewayRuntime, opener: Opener, capacity: int) -> None:
        self._name = name
        self._runtime = runtime
        self._opener = opener
        self._capacity = capacity
        self._runs: dict[UUID, tuple[SessionRun, asyncio.Task[None]]] = {}
        self._taking: set[UUID] = set()
        self._answers: set[asyncio.Task[None]] = set()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sessions", daemon=True)

    @property
    def held(self) -> int:
        """How many sessions are here."""
        return len(self._runs)

    def start(self) -> None:
        """Return once sessions can be taken. Raises HostNotRunning."""
        self._thread.start()
        if not self._up.wait(START_DEADLINE):
            raise HostNotRunning(f"The sessions' loop did not start within {START_DEADLINE:g} seconds.")

    def stop(self) -> None:
        """Hand every session over: all written, leases given back, for STOP_DEADLINE seconds at most. Gateways stay."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_DEADLINE + CLOSE_DEADLINE)

    def open(self, account_id: UUID) -> Taken:
        """Take the session if it is free and wanted. Blocks; raises TimeoutError and what the database raises."""
        return self._from_a_task(self._take(account_id, GatewaySession.Desired.RUNNING))

    def close(self, account_id: UUID) -> Taken:
        """Take a session that nobody holds and nobody wants, to end what it left: its gateway may have outlived it."""
        return self._from_a_task(self._take(account_id, GatewaySession.Desired.STOPPED))

    def sweep(self) -> list[str]:
        """End gateways here that nobody wants. Blocks; raises GatewayError, TimeoutError and the database's errors."""
        return self._from_a_task(self._sweep(), deadline=SWEEP_DEADLINE)

    def _from_a_task(self, doing: Coroutine[Any, Any, T], *, deadline: float = TASK_DEADLINE) -> T:
        if not self._thread.is_alive():
            doing.close()
            raise HostNotRunning("The sessions' loop has ended; the log says why.")
        future: Future[T] = asyncio.run_coroutine_threadsafe(doing, self._loop)
        return future.result(deadline)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:
            log.critical("the sessions' loop ended", exc_info=True)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        database = Database(threads=DATABASE_THREADS, name="sessions-database")
        lease_database = Database(threads=LEASE_THREADS, name="sessions-leases")
        async with async_client() as redis:
            self._workplace = Workplace(
                worker=self._name,
                database=database,
                leases=lease_database,
                redis=redis,
                runtime=self._runtime,
                opener=self._opener,
            )
            await self._serve()
        await asyncio.to_thread(database.close)
        await asyncio.to_thread(lease_database.close)

    async def _serve(self) -> None:
        leases = self._workplace.leases
        self._presence = Presence(name=self._name, capacity=self._capacity, database=leases)
        self._free_sessions = FreeSessions(room=self._room, take=self._take_wanted, leases=leases)
        draining = Draining(name=self._name, presence=self._presence, held=self._held_runs, leases=leases)
        parts = (self._listen(), self._free_sessions.run(), self._presence.run(), draining.run())
        watching = [asyncio.create_task(part) for part in parts]
        self._up.set()
        await self._stopping.wait()
        await ended(*watching)
        await self._stop_sessions()
        await ended(*self._answers)
        await self._presence.leave()

    def _held_runs(self) -> list[SessionRun]:
        return [run for run, _ in self._runs.values()]

    def _room(self) -> int:
        return 0 if self._presence.is_draining else self._capacity - len(self._runs) - len(self._taking)

    async def _take_wanted(self, account_id: UUID) -> bool:
        return await self._take(account_id, GatewaySession.Desired.RUNNING) is Taken.TAKEN

    async def _sweep(self) -> list[str]:
        listed = await self._workplace.database.call(supervision.gateways)
        wanted = {gateway_name(account_id) for account_id in (*listed.wanted, *self._runs)}
        known = {gateway_name(account_id) for account_id in listed.known}
        return await self._workplace.runtime.sweep(wanted=wanted, known=known, older_than=OLD_ENOUGH)

    async def _stop_sessions(self) -> None:
        for run, _ in self._runs.values():
            run.stop()
        tasks = [task for _, task in self._runs.values()]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=STOP_DEADLINE)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if late:
            log.error("%s sessions were left to their leases: they did not stop in time", len(late))

    async def _take(self, account_id: UUID, desired: GatewaySession.Desired) -> Taken:
        refusal = self._refusal(account_id, desired)
        if refusal is not None:
            return refusal
        self._taking.add(account_id)
        try:
            return await self._claim(account_id, desired)
        finally:
            self._taking.discard(account_id)

    async def _claim(self, account_id: UUID, desired: GatewaySession.Desired) -> Taken:
        call = self._workplace.leases.call
        lease = await call(leases.claim, account_id=account_id, owner=self._name, desired=desired)
        if lease is None:
            return Taken.NOT_FREE
        if self._stopping.is_set():
            await call(leases.release, lease)
            return Taken.STOPPING
        self._begin(SessionRun(lease, self._workplace))
        return Taken.TAKEN

    def _refusal(self, account_id: UUID, desired: GatewaySession.Desired) -> Taken | None:
        """A drained worker still ends what a session left: nobody else may be there to."""
        if self._stopping.is_set():
            return Taken.STOPPING
        if account_id in self._runs or account_id in self._taking:
            return Taken.HERE_ALREADY
        if self._presence.is_draining:
            return Taken.DRAINING if desired is GatewaySession.Desired.RUNNING else None
        return Taken.FULL if self._room() <= 0 else None

    def _begin(self, run: SessionRun) -> None:
        task = asyncio.create_task(run.run(), name=f"session {run.account_id}")
        self._runs[run.account_id] = (run, task)
        task.add_done_callback(lambda ended: self._ended(run, ended))

    def _ended(self, run: SessionRun, task: asyncio.Task[None]) -> None:
        if self._runs.get(run.account_id, (None,))[0] is run:
            del self._runs[run.account_id]
        if not task.cancelled() and task.exception() is not None:
            log.error("account %s: its session ended badly", run.account_id, exc_info=task.exception())

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow_doorbell()
            except Exception:
                # The sessions' slow polls go on meanwhile; without them a ring would be lost for good.
                log.exception("the doorbell's listener fell over and is set up again")
                await asyncio.sleep(LISTEN_AGAIN)

    async def _follow_doorbell(self) -> None:
        async for message in doorbell.listen(self._workplace.redis):
            if "account" in message:
                self._hear(message)
            elif "free" in message:
                self._free_sessions.call()
            else:
                self._look_at_all()

    def _look_at_all(self) -> None:
        """Rings and calls may have been missed."""
        self._free_sessions.call()
        for run, _ in self._runs.values():
            run.ring()

    def _hear(self, message: dict[str, Any]) -> None:
        run = self._run_of(message["account"])
        if message.get("question") == gateway_logs.QUESTION:
            self._spawn_answer(gateway_logs.answer(message, self._workplace, is_held_here=run is not None))
        elif run is not None and "question" in message:
            self._spawn_answer(self._answer(run, message))
        elif run is not None:
            run.ring()

    def _run_of(self, account: object) -> SessionRun | None:
        """None for an account of another worker, and for what is no id."""
        try:
            run, _ = self._runs[UUID(str(account))]
        except (KeyError, ValueError):
            return None
        return run

    async def _answer(self, run: SessionRun, message: dict[str, Any]) -> None:
        await questions.answer(
            message,
            link=run.ready_link,
            quotes=run.quotes,
            database=self._workplace.database,
            redis=self._workplace.redis,
        )

    def _spawn_answer(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answering)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)


_host: SessionHost | None = None


def current() -> SessionHost:
    """The host of this process. Raises HostNotRunning."""
    if _host is None:
        raise HostNotRunning("Sessions are held by a worker process: `celery -A workers.app worker`.")
    return _host


def install(host: SessionHost | None) -> None:
    """Set by the worker's bootstep when the host has started, and taken away when it has stopped."""
    global _host
    _host = host
