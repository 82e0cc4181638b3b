"""The session that every client plays: its rows, subject by subject, in the order in which they are played.

A request more is a `Row` more in the module of its subject. A subject ends with no order of its own open; what it has
bought and sold stays, and `accounts` holds the account to it.
"""

from __future__ import annotations

from tests.conformance.rows import Row
from tests.conformance.session import (
    accounts,
    by_the_clock,
    chains,
    changes,
    combinations,
    connection,
    connectivity,
    elsewhere,
    fills,
    groups,
    history,
    in_force,
    instruments,
    live,
    previews,
    quotes,
    read_only,
    reconnecting,
    refusals,
    resting,
    waking,
)

ROWS: tuple[Row, ...] = (
    *connection.ROWS,
    *instruments.ROWS,
    *chains.ROWS,
    *quotes.ROWS,
    *live.ROWS,
    *history.ROWS,
    *previews.ROWS,
    *resting.ROWS,
    *fills.ROWS,
    *waking.ROWS,
    *in_force.ROWS,
    *groups.ROWS,
    *refusals.ROWS,
    *changes.ROWS,
    *combinations.ROWS,
    *elsewhere.ROWS,
    *accounts.ROWS,
    *read_only.ROWS,
    *reconnecting.ROWS,
    *connectivity.ROWS,
    *by_the_clock.ROWS,
)
