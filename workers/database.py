"""Django's ORM is synchronous: this is where the loop hands its calls to threads, a bounded number of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.utils import InterfaceError, InternalError, OperationalError

P = ParamSpec("P")
T = TypeVar("T")

# The database went away, or was told to, or ended a transaction in which we were idle for too long (psycopg's word for
# that is InternalError): the same call may succeed in a moment, unlike one that it refused.
PASSING_ERRORS = (OperationalError, InterfaceError, InternalError)


# Seconds. Nothing that a worker asks takes long, but for a lock: of those, the longest is `idle_in_transaction`'s.
STATEMENT_DEADLINE = 20


class Database:
    """Threads with one connection each, that live as long as the host does.

    A coroutine that is cancelled while it waits leaves its call running to its end: cancelling is no way to take
    back a write.
    """

    def __init__(self, *, threads: int, name: str) -> None:
        self._connections: list[BaseDatabaseWrapper] = []
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=self._join)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in a thread and return what it returns. It sees a usable connection or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(_with_usable_connection, function, *args, **kwargs))

    def close(self) -> None:
        """Wait for the calls under way, then close every thread's connection. Blocks; not for the loop."""
        self._threads.shutdown(wait=True)
        for opened in self._connections:
            opened.close()

    def _join(self) -> None:
        # A connection belongs to its thread, which can't be asked to close it once the pool has shut down.
        own = connections[DEFAULT_DB_ALIAS]
        own.inc_thread_sharing()
        self._connections.append(own)


def bound_statements() -> None:
    """From now on, each new connection of this process ends a statement that takes too long: OperationalError."""
    connection_created.connect(_bound, weak=False)


def _bound(connection: BaseDatabaseWrapper, **_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{STATEMENT_DEADLINE}s'")


def _with_usable_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
