"""One COPY on a database connection of its own, read as it comes.

Not out of Django's pool: an export lasts as long as its client likes, and the pages need theirs. The statement commits
by itself, so there is no transaction to stand idle.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.sql import SQL, Composed

# A little less than what Django hands to the web server at once, with room for the last row.
BYTES_AT_ONCE = 60 * 1024

_SESSION = {
    "default_transaction_read_only": "on",
    # Dates and times are written as the statements expect them.
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    # Rows leave in the order of an index, each joined as it passes: no table is read into memory or sorted on the disk
    # before the first of a million can go.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    # One process of the database for each export: pages and orders need the others.
    "max_parallel_workers_per_gather": "0",
    # A query that has no row to write yet would otherwise not notice that we are gone.
    "client_connection_check_interval": "1s",
}


class Copying:
    """Begin one statement, then take its rows until there are none. `end` may be called at any time, and again."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._is_over = False

    async def value(self, query: SQL) -> Any:
        """The only value of a query."""
        cursor = await (await self._opened()).execute(query)
        row = await cursor.fetchone()
        return row[0] if row else None

    async def begin(self, statement: Composed) -> None:
        """Raises psycopg.Error when the database refuses it."""
        opened = await self._opened()
        opened.pgconn.send_query(statement.as_bytes(opened))
        [result] = await opened.wait(generators.execute(opened.pgconn))
        if result.status != ExecStatus.COPY_OUT:
            raise psycopg.errors.error_from_result(result)

    async def rows(self) -> list[memoryview]:
        """The next ones, of BYTES_AT_ONCE or a little more altogether. Empty after the last.

        Not what has come so far: PostgreSQL sends 8 KB at a time, and each piece on its way costs the web server more
        than its rows.

        Raises psycopg.Error when the statement failed half-way.
        """
        opened = await self._opened()
        return [] if self._is_over else await opened.wait(self._burst(opened.pgconn))

    def end(self) -> None:
        """PostgreSQL ends a statement whose reader is gone."""
        if self._connection is not None:
            self._connection.pgconn.finish()

    async def _opened(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(autocommit=True, **parameters())
        return self._connection

    def _burst(self, pgconn: psycopg.pq.abc.PGconn) -> PQGen[list[memoryview]]:
        """psycopg's own `AsyncCopy.read` waits for each row by itself, which takes longer than PostgreSQL does."""
        rows: list[memoryview] = []
        size = 0
        while size < BYTES_AT_ONCE:
            length, row = pgconn.get_copy_data(1)
            if length > 0:
                rows.append(row)
                size += length
            elif length < 0:
                yield from self._finish(pgconn)
                break
            else:
                yield from _more(pgconn)
        return rows

    def _finish(self, pgconn: psycopg.pq.abc.PGconn) -> PQGen[None]:
        self._is_over = True
        for result in (yield from generators.fetch_many(pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)


def _more(pgconn: psycopg.pq.abc.PGconn) -> PQGen[None]:
    while not (yield psycopg.waiting.WAIT_R):
        continue
    pgconn.consume_input()


def parameters() -> dict[str, Any]:
    """Django's own, which know the database of a test run too, with this session's settings added."""
    given = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        given.pop(name, None)
    settings = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    options = f"{given.get('options', '')} {settings}".strip()
    return {**given, "options": options, "application_name": "gatehouse export"}
