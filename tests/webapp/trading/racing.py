"""Calls that start at the same moment, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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
