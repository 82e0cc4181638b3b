"""The COPY statements: what is common to all kinds of file, and how a value is written in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from django.db.models import Model
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from webapp.trading.exports.selection import Selection
from webapp.trading.models import Execution, Instrument, Order

Column: TypeAlias = tuple[str, Composable]

# The order of the index `executions_newest_first`, account by account: nothing has to be sorted before the first row
# can leave.
_FILLS = SQL("""
    FROM {executions} AS execution
    JOIN {instrument}
    LEFT JOIN {orders} AS "order" ON "order".id = execution.order_id
    WHERE {wanted}
    ORDER BY execution.account_id, execution.executed_at DESC, execution.id DESC
""")
_AS_STORED = SQL("{instruments} AS instrument ON instrument.con_id = execution.instrument_id")
# OFFSET keeps PostgreSQL from computing these for each row again: it remembers an instrument's (a Memoize node). A
# condition behind ON would have it expect few rows, and sort them.
_ONCE = SQL("""LATERAL (
    SELECT {values} FROM {instruments} AS instrument WHERE instrument.con_id = execution.instrument_id OFFSET 0
) AS instrument ON true""")

# `fills.of` says the same. Few were ever corrected, and an index holds the corrections alone: they are looked up once,
# ahead of the rows, so that they cost a row next to nothing. Revisions start at 1; what starts at 0 is odd.
_NOT_CORRECTED = SQL("""
    execution.id NOT IN (
        SELECT first.id
        FROM {executions} AS later
        JOIN {executions} AS first ON first.account_id = later.account_id AND first.trade_key = later.trade_key
        WHERE later.account_id = ANY({account_ids}::uuid[]) AND later.revision > 1 AND first.revision < later.revision
        UNION ALL
        SELECT first.id
        FROM {executions} AS first
        JOIN {executions} AS later ON later.account_id = first.account_id AND later.trade_key = first.trade_key
        WHERE first.account_id = ANY({account_ids}::uuid[]) AND first.revision = 0 AND later.revision = 1
    )
""")


def copy_to_stdout(
    columns: Sequence[Column], selection: Selection, options: Composable, *, once: Sequence[Column] = ()
) -> Composed:
    """`COPY (...) TO STDOUT` of one row for each execution that stands. See `fills_of` for `once`."""
    return SQL("COPY (SELECT {values} {fills}) TO STDOUT ({options})").format(
        values=SQL(", ").join(value for _, value in columns), fills=fills_of(selection, once=once), options=options
    )


def fills_of(selection: Selection, *, once: Sequence[Column] = ()) -> Composed:
    """The rows: `execution`, `"order"` and `instrument`. With `once`, `instrument` has its columns instead of the
    table's: what is the same for all fills of an instrument, and is computed once for all of them.
    """
    return _FILLS.format(
        executions=_table(Execution),
        instrument=_computed(once) if once else _AS_STORED.format(instruments=_table(Instrument)),
        orders=_table(Order),
        wanted=SQL(" AND ").join(_conditions(selection)),
    )


def plain(value: Composable) -> Composed:
    """An amount without the zeros that its column pads with."""
    return SQL("trim_scale({})").format(value)


def _computed(once: Sequence[Column]) -> Composed:
    values = (SQL("{} AS {}").format(value, Identifier(name)) for name, value in once)
    return _ONCE.format(values=SQL(", ").join(values), instruments=_table(Instrument))


def _conditions(selection: Selection) -> Iterator[Composable]:
    account_ids = Literal(list(selection.account_ids))
    yield SQL("execution.account_id = ANY({}::uuid[])").format(account_ids)
    yield _NOT_CORRECTED.format(executions=_table(Execution), account_ids=account_ids)
    for condition, value in (
        ("execution.instrument_id = {}", selection.con_id),
        ("execution.executed_at >= {}", selection.since),
        ("execution.executed_at < {}", selection.until),
        ("execution.side = {}", None if selection.side is None else selection.side.value),
    ):
        if value is not None:
            yield SQL(condition).format(Literal(value))


def _table(model: type[Model]) -> Identifier:
    return Identifier(model._meta.db_table)
