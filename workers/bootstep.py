"""Where the session host joins a worker's life: made when the worker is, started and stopped with it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from celery import bootsteps
from django.conf import settings

from brokers.gateways.base import GatewayRuntime
from brokers.gateways.relay.keys import KeyUnusable, read_key
from workers import host
from workers.host import SessionHost
from workers.runtimes import UnknownRuntime, runtime_named
from workers.unsealing import Opener


class SessionHostStep(bootsteps.StartStopStep):
    """After the pool, so that it stops before it: tasks that still run are told that the worker stops."""

    requires = ("celery.worker.components:Pool",)

    def create(self, worker: Any) -> SessionHost:  # type: ignore[override]  # the stubs forget that steps make things
        """Refuse a worker that could hold no session, with a sentence and before it takes a task."""
        _require_keyset(settings.PRIVATE_KEYSET)
        _require_relay_key(settings.RELAY_KEY)
        return SessionHost(name=_own_name(worker.hostname), runtime=_runtime(), opener=Opener(), capacity=_capacity())

    def start(self, _worker: Any) -> None:
        self.obj.start()
        host.install(self.obj)

    def stop(self, _worker: Any) -> None:
        self.obj.stop()
        host.install(None)

    def terminate(self, worker: Any) -> None:
        """A cold shutdown is in a hurry, but sessions that nobody handed over wait for their leases to run out."""
        self.stop(worker)


def _own_name(hostname: str) -> str:
    """Unlike any other worker's, also of one that ran under this hostname and process id before."""
    return f"{hostname[:80]}:{os.getpid()}:{secrets.token_hex(4)}"


def _require_keyset(path: Path | None) -> None:
    if path is None:
        raise SystemExit(
            "GATEHOUSE_PRIVATE_KEYSET is not set: a worker opens broker logins, and needs the path of the private "
            "keyset that `python manage.py create_keysets` makes."
        )
    if not os.access(path, os.R_OK):
        raise SystemExit(
            f"The private keyset {path} (GATEHOUSE_PRIVATE_KEYSET) can't be read: a worker opens broker logins with "
            "it. `python manage.py create_keysets` makes one."
        )


def _require_relay_key(path: Path | None) -> None:
    if path is None:
        raise SystemExit(
            "GATEHOUSE_RELAY_KEY is not set: a worker reaches a gateway through its relay, and needs the path of the "
            "key that `python manage.py create_keysets` makes."
        )
    try:
        read_key(path)
    except KeyUnusable as problem:
        raise SystemExit(
            f"{problem} A worker reaches a gateway through its relay with it (GATEHOUSE_RELAY_KEY). "
            "`python manage.py create_keysets` makes one."
        ) from None


def _runtime() -> GatewayRuntime:
    try:
        return runtime_named(settings.GATEWAYS, var=settings.VAR_DIR, keeper=settings.KEEPER_SOCKET)
    except UnknownRuntime as unknown:
        raise SystemExit(str(unknown)) from None


def _capacity() -> int:
    if settings.WORKER_CAPACITY < 1:
        raise SystemExit(f"GATEHOUSE_WORKER_CAPACITY is {settings.WORKER_CAPACITY}; a worker holds 1 session or more.")
    return int(settings.WORKER_CAPACITY)
