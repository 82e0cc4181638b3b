"""The stack that drills hurt: everything but the workers starts with it, and workers come and go by name."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import django

from deploy.local import stack as local_stack
from deploy.local.processes import Child, became_true
from deploy.local.stack import ROOT, Stack
from tests.benchmarks.stage import free_port
from tests.drills.gateways import SimulatedGateway

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount, GatewaySession

VAR = ROOT / "var" / "drills"
READY_DEADLINE = 90.0
# Every gateway trades at any hour, does as it is told, and moves its prices the same way each time.
SIMULATOR = "--control-port 0 --seed 7"


class DrillFailed(Exception):
    """The drill could not be carried out, so that nothing can be said of what it was to show."""


@dataclass(slots=True)
class Arena:
    """One stack for all the drills of a run. `say` gets a line for each step."""

    stack: Stack
    workers: dict[str, Child] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def worker(self, name: str, *, dies_at: str = "", fails: bool = False, capacity: int = 50) -> Child:
        """Starts one. `dies_at` is a point at which it kills itself; one that `fails` raises with an opened login."""
        extra = {"GATEHOUSE_WORKER_CAPACITY": str(capacity)}
        app = "workers.app"
        if dies_at or fails:
            app = "tests.drills.dying"
            extra |= {"DRILL_DIES_AT": dies_at, "DRILL_FAILS": "1" if fails else ""}
        unique = f"{name}-{next(self._numbers)}"
        child = self.workers[unique] = self.stack.start_worker(unique, app=app, extra=extra)
        return child

    def end_worker(self, worker: Child, *, gently: bool = False) -> None:
        """With SIGKILL, or in good order."""
        if worker.exit_code() is None:
            worker.process.send_signal(signal.SIGTERM if gently else signal.SIGKILL)
        worker.process.wait(60)
        self._forget(worker)

    def end_workers(self) -> None:
        for worker in list(self.workers.values()):
            if worker.exit_code() is None:
                worker.process.send_signal(signal.SIGCONT)
            self.end_worker(worker)

    def reap(self) -> None:
        """Forget workers that killed themselves, which is what they were told to."""
        for worker in list(self.workers.values()):
            if worker.exit_code() is not None:
                self._forget(worker)

    def _forget(self, worker: Child) -> None:
        worker.record.unlink(missing_ok=True)
        self.workers = {name: child for name, child in self.workers.items() if child is not worker}
        self.stack.children = [child for child in self.stack.children if child is not worker]

    def account(self) -> BrokerAccount:
        """A new user's paper account, wished to run, with a login that no other has."""
        from webapp.accounts import connect
        from webapp.accounts.models import User

        login = f"drill{uuid.uuid4().hex[:12]}"
        user = User.objects.create_user(login, password=login)
        return connect.connect_account(user=user, name=login, trading_mode="paper", username=login, password=login)

    def gateway(self, account: BrokerAccount) -> SimulatedGateway:
        return SimulatedGateway(self.stack.var / "gateways" / f"account-{account.pk}")

    def session(self, account: BrokerAccount) -> GatewaySession:
        from webapp.accounts.models import GatewaySession

        return GatewaySession.objects.get(account=account)

    def until(self, condition: Callable[[], bool], what: str, *, deadline: float = READY_DEADLINE) -> None:
        """Raises DrillFailed when it doesn't come true in time."""
        if not became_true(condition, deadline=deadline):
            raise DrillFailed(f"not within {deadline:g} s: {what}")

    def until_ready(self, *accounts: BrokerAccount) -> None:
        for account in accounts:
            self._until_ready(account)
            account.refresh_from_db()

    def _until_ready(self, account: BrokerAccount) -> None:
        if not became_true(lambda: self.session(account).state == "READY", deadline=READY_DEADLINE):
            session = self.session(account)
            raise DrillFailed(
                f"{account} is {session.state} after {READY_DEADLINE:g} s, held by {session.owner or 'nobody'}: "
                f"{session.state_reason} {session.last_error}"
            )

    def retire(self, *accounts: BrokerAccount) -> None:
        """Stop an account that a drill is done with, so that the next drill has the machine to itself."""
        from webapp.accounts import sessions

        for account in accounts:
            sessions.request_stop(account.pk)


@contextmanager
def opened(*, say: Callable[[str], None], extra: Mapping[str, str] | None = None) -> Iterator[Arena]:
    """The arena for the length of a `with` block, in a folder of its own, and Django set up on its database."""
    shutil.rmtree(VAR, ignore_errors=True)
    # No hour of the day is the nightly restart's: what is lost is told in the same words at any of them.
    settings = {"GATEHOUSE_SIMULATOR_ARGUMENTS": SIMULATOR, "GATEHOUSE_RESTART_MINUTES": "0", **(extra or {})}
    stack = Stack(var=VAR, port=free_port(), durable=False, say=say, extra=settings, has_worker=False)
    with local_stack.running(stack):
        os.environ.update(_only_ours(stack.environment(private=True)))
        django.setup()
        logging.getLogger("httpx").setLevel(logging.WARNING)  # or each click would be a line
        arena = Arena(stack)
        try:
            yield arena
        finally:
            arena.end_workers()
    shutil.rmtree(VAR, ignore_errors=True)


def _only_ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(("GATEHOUSE_", "DJANGO_"))}
