"""One account's session on this worker: from the claimed lease until it is given back or lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, NoReturn, TypedDict, Unpack
from uuid import UUID

from django.db import DatabaseError
from redis.exceptions import RedisError

from brokers.domain import SessionState
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, SecondFactorMissed
from brokers.refusals import FenceRefused, NodeError
from webapp.accounts import sessions
from webapp.accounts.models import GatewaySession
from webapp.accounts.sessions import SecondFactor
from webapp.bus import doorbell
from workers import leases
from workers.asked import ReadyLink
from workers.database import PASSING_ERRORS
from workers.endings import BROKEN, DRAINED, FENCED, LEASE_LOST, OUR_ERROR, STOP_WANTED, WORKER_STOPS, End
from workers.fencing import LeaseLost
from workers.gateway import AccountGateway
from workers.leases import RENEW_EVERY, Lease
from workers.link import Link
from workers.node_config import config_for
from workers.quotes import Conflator, QuotePublisher
from workers.rows import RowWriter
from workers.unsealing import KeysetUnavailable, UnsealingFailed
from workers.waiting import Backoff, ended, rung
from workers.workplace import Workplace

log = logging.getLogger(__name__)

# Seconds. Whoever takes over reads again what was not written, so a long queue doesn't keep the next one waiting.
FLUSH_DEADLINE = 2.0
FIRST_RETRY, LONGEST_RETRY = 0.5, 30.0
LONGEST_GIVE_UP_RETRY = 1.0  # less than a claim takes to come


class Columns(TypedDict, total=False):
    """What is recorded beside a state: see `sessions.record_state`."""

    gateway_id: str | None
    last_error: str | None
    second_factor: SecondFactor | None
    broker_lost: bool
    gives_up: bool


class SessionRun:
    """Owns the lease, the link and the account's writes. One per account and worker; never used twice."""

    def __init__(self, lease: Lease, workplace: Workplace) -> None:
        self.account_id: UUID = lease.account_id
        self._lease = lease
        self._workplace = workplace
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._rung = asyncio.Event()
        self._wanted = asyncio.Event()
        self._again = asyncio.Event()
        self._link: Link | None = None
        self._gateway = AccountGateway(lease.account_id, workplace, say=self._say)
        self._quotes = QuotePublisher(workplace.redis, account_id=lease.account_id, epoch=lease.fence)
        self._rows = RowWriter(
            workplace.database,
            account_id=lease.account_id,
            fence=lease.fence,
            may_write=lambda: self._lease.is_live,
            on_refused=self._look,
        )

    @property
    def ready_link(self) -> ReadyLink | None:
        """What answers questions, while the node is in step with the broker."""
        return self._link.ready if self._link is not None else None

    @property
    def quotes(self) -> Conflator:
        """The newest quote of each instrument that is streamed."""
        return self._quotes.conflator

    def ring(self) -> None:
        """Look at the rows now."""
        self._rung.set()
        self._again.set()
        if self._link is not None:
            self._link.ring()

    def stop(self) -> None:
        """The worker shuts down; `run` returns once all is written and the lease given back. The gateway runs on."""
        self._end(WORKER_STOPS)

    def hand_over(self) -> None:
        """As `stop`, of this session alone: the worker is drained, and another one has room."""
        self._end(DRAINED)

    async def run(self) -> None:
        """Serve until there is a reason to end, then leave the rows as that reason demands."""
        keeping = self._spawn(self._keep_lease())
        writing = [self._spawn(self._rows.run()), self._spawn(self._quotes.run())]
        serving = self._spawn(self._serve())
        try:
            await self._leave(await self._ended, serving)
        finally:
            await ended(serving, *writing, keeping)

    def _spawn(self, part: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(part)
        task.add_done_callback(self._part_ended)
        return task

    def _part_ended(self, task: asyncio.Task[object]) -> None:
        """None of the parts ends by itself: one that does met a fault of ours, and the session can't go on."""
        if not task.cancelled() and not self._ended.done():
            log.critical("account %s: a part of its session ended", self.account_id, exc_info=task.exception())
            self._end(BROKEN)

    def _end(self, end: End) -> None:
        if not self._ended.done():
            self._ended.set_result(end)

    def _look(self) -> None:
        if self._link is not None:
            self._link.look()

    async def _keep_lease(self) -> NoReturn:
        """Renew, and with each renewal learn what is wanted of the session."""
        while True:
            await self._renew()
            await rung(self._rung, at_latest=self._until_next_renewal())

    def _until_next_renewal(self) -> float:
        """At the lease's own end at the latest: when renewing fails, that is when the link has to be cut."""
        left = self._lease.valid_until - time.monotonic()
        return min(RENEW_EVERY, left) if left > 0 else RENEW_EVERY

    async def _renew(self) -> None:
        try:
            # asyncio's clock is `time.monotonic`, the one that `valid_until` was read from.
            async with asyncio.timeout_at(self._lease.valid_until):
                renewed = await self._workplace.leases.call(leases.renew, self._lease)
        except (*PASSING_ERRORS, TimeoutError) as error:
            log.warning("account %s: the lease could not be renewed: %r", self.account_id, error)
            if not self._lease.is_live:
                self._end(LEASE_LOST)
            return
        if renewed is None:
            self._end(LEASE_LOST)
        else:
            self._lease, desired = renewed
            self._obey(desired)

    def _obey(self, desired: GatewaySession.Desired) -> None:
        if desired is GatewaySession.Desired.RUNNING:
            self._wanted.set()
        else:
            self._end(STOP_WANTED)

    async def _serve(self) -> NoReturn:
        """One link after the other, with a pause that grows while they fail."""
        await self._wanted.wait()
        await self._tell_taken_over()
        backoff = Backoff(first=FIRST_RETRY, longest=LONGEST_RETRY)
        while True:
            try:
                await self._serve_once(backoff)
            except KeysetUnavailable as fault:
                await self._pause(SessionState.ERROR, str(fault), backoff)
            except (GatewayLoginFailed, UnsealingFailed) as refusal:
                # Never again by itself: wrong passwords lock accounts.
                await self._leave_to(End(SessionState.AUTH_FAILED, str(refusal), gives_up=True))
            except SecondFactorMissed as missed:
                # A person has to act, and knows when: each try by a machine would be one more prompt on a phone.
                await self._leave_to(End(SessionState.AUTH_REQUIRED, str(missed), gives_up=True))
            except LeaseLost:
                await self._leave_to(LEASE_LOST)
            except FenceRefused as refusal:
                log.warning("account %s: %s", self.account_id, refusal)
                await self._leave_to(FENCED)
            except NodeError as error:
                await self._pause(SessionState.SYNCING, str(error), backoff)
            except GatewayError as error:
                await self._pause(SessionState.ERROR, str(error), backoff)
            except Exception:
                log.exception("account %s", self.account_id)
                await self._pause(SessionState.ERROR, OUR_ERROR, backoff)

    async def _tell_taken_over(self) -> None:
        try:
            await self._workplace.database.call(
                sessions.tell_taken_over, account_id=self.account_id, fence=self._lease.fence
            )
        except DatabaseError as error:
            log.warning("account %s: that it was taken over could not be told: %s", self.account_id, error)

    async def _leave_to(self, end: End) -> NoReturn:
        self._end(end)
        await asyncio.get_running_loop().create_future()  # `run` cancels this part
        raise AssertionError("unreachable")

    async def _serve_once(self, backoff: Backoff) -> None:
        self._link = link = await self._new_link(await self._gateway.up())
        try:
            await link.serve()
        finally:
            if link.was_ready:
                backoff.reset()
            await self._drop_link()

    async def _new_link(self, endpoint: Endpoint) -> Link:
        return Link(
            workplace=self._workplace,
            config=await self._workplace.database.call(config_for, endpoint, self._lease),
            lease=lambda: self._lease,
            tell=self._say,
            rows=self._rows,
            quotes=self._quotes,
        )

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.stop()
        if self._lease.is_live:  # or the prices are the next owner's
            await self._quotes.forget()

    async def _pause(self, state: SessionState, reason: str, backoff: Backoff) -> None:
        seconds = backoff.next()
        self._again.clear()  # a ring from before this failure asks for nothing that wasn't tried
        log.warning("account %s: %s Trying again in %.1f s.", self.account_id, reason, seconds)
        try:
            await self._record(state, f"{reason} Trying again in {max(1, round(seconds))} s.", last_error=reason)
        except DatabaseError as error:
            log.warning("account %s: its state could not be written: %s", self.account_id, error)
        await rung(self._again, at_latest=seconds)

    async def _say(
        self,
        state: SessionState,
        reason: str,
        *,
        gateway_id: str | None = None,
        second_factor: SecondFactor | None = None,
        broker_lost: bool = False,
    ) -> None:
        columns = Columns(gateway_id=gateway_id, second_factor=second_factor, broker_lost=broker_lost)
        if not await self._record(state, reason, **columns):
            raise LeaseLost(self.account_id)

    async def _record(self, state: SessionState, reason: str, **columns: Unpack[Columns]) -> bool:
        """False, and nothing is written, without the lease: even an untouched fence is no right once it ran out."""
        if not self._lease.is_live:
            return False
        return await self._write_state(state, reason, **columns)

    async def _write_state(self, state: SessionState, reason: str, **columns: Unpack[Columns]) -> bool:
        return await self._workplace.database.call(
            sessions.record_state,
            account_id=self.account_id,
            fence=self._lease.fence,
            state=state,
            reason=reason,
            **columns,
        )

    async def _leave(self, end: End, serving: asyncio.Task[object]) -> None:
        log.info("account %s: leaving its session: %s", self.account_id, end.reason or "the lease is lost")
        if end.gives_up:
            await self._give_up(end)
        if end is LEASE_LOST and self._link is not None:
            self._link.drop()
        await ended(serving)
        if end is not LEASE_LOST:
            await self._give_back(end)

    async def _give_up(self, end: End) -> None:
        """Before anything else, and for as long as the database is away: whoever claims a session that is still wanted
        logs in with the same password, or wakes the same person.

        Without a look at the lease's time: the fence tells whether somebody has claimed it, and that alone counts here.
        """
        backoff = Backoff(first=FIRST_RETRY, longest=LONGEST_GIVE_UP_RETRY)
        while True:
            try:
                if not await self._write_state(end.state, end.reason, gives_up=True):
                    log.error(
                        "account %s: another worker has it, and may log in again: %s", self.account_id, end.reason
                    )
            except PASSING_ERRORS as error:
                log.warning("account %s: that it gives up is not written yet: %s", self.account_id, error)
                await asyncio.sleep(backoff.next())
            else:
                return

    async def _give_back(self, end: End) -> None:
        await self._flush_rows()
        # Only under the lease: the gateway may be the next owner's by now.
        stopped = await self._stop_gateway() if end.stops_gateway and self._lease.is_live else False
        await self._record(end.state, end.reason, gateway_id="" if stopped else None, gives_up=end.gives_up)
        await self._workplace.leases.call(leases.release, self._lease)
        if not end.stops_gateway:
            await self._call_the_next()

    async def _call_the_next(self) -> None:
        try:
            await doorbell.call_workers(self._workplace.redis)
        except (RedisError, OSError) as error:
            log.warning("account %s: no worker was called, their slow poll finds it: %r", self.account_id, error)

    async def _flush_rows(self) -> None:
        try:
            await self._rows.flush(deadline=FLUSH_DEADLINE)
        except TimeoutError:
            log.warning("account %s: left before all was written; the next session reads it again", self.account_id)

    async def _stop_gateway(self) -> bool:
        try:
            await self._gateway.stop()
        except GatewayError as error:
            log.error("account %s: %s", self.account_id, error)  # noqa: TRY400 - the text says all
            return False
        return True
