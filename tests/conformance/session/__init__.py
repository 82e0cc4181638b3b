"""The session that every client plays: its rows, subject by subject, in the order in which they are played.

A request more is a `Row` more in the module of its subject.
"""

from __future__ import annotations

from tests.conformance.rows import Row
from tests.conformance.session import (
    chains,
    connection,
    history,
    instruments,
    live,
    quotes,
)

ROWS: tuple[Row, ...] = (
    *connection.ROWS,
    *instruments.ROWS,
    *chains.ROWS,
    *quotes.ROWS,
    *live.ROWS,
    *history.ROWS,
)
