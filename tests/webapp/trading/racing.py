"""Calls that start at the same moment or wait for each other, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connection

Result = TypeVar("Result")

DEADLINE = 30.0


def race(call: Callable[[], Result], *, times: int) -> list[Result]:
    """What each returned. Raises what any of them raised."""
    gate = threading.Barrier(times, timeout=DEADLINE)

    def run() -> Result:
        try:
            connection.ensure_connection()
            gate.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        futures = [threads.submit(run) for _ in range(times)]
        return [future.result(DEADLINE) for future in futures]


def with_own_connection(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()


def wait_until_someone_waits_for_a_lock() -> None:
    found, pause = False, threading.Event()
    for _ in range(int(DEADLINE / 0.02)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
            found = cursor.fetchone()[0]
        if found:
            return
        pause.wait(0.02)
    pytest.fail("nobody waits for a lock")
