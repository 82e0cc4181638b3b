"""The COPY statements: what is common to all kinds of file, and how a value is written in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from django.db.models import Model
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from webapp.trading.exports.selection import Selection
from webapp.trading.models import Commission, Execution, Instrument, Order

Column: TypeAlias = tuple[str, Composable]

# The order of the index `executions_newest_first`, account by account: nothing has to be sorted before the first row
# can leave.
_FILLS = SQL("""
    FROM {executions} AS execution
    JOIN {instruments} AS instrument ON instrument.con_id = execution.instrument_id
    LEFT JOIN {commissions} AS commission
        ON commission.account_id = execution.account_id AND commission.exec_id = execution.exec_id
    LEFT JOIN {orders} AS "order" ON "order".id = execution.order_id
    WHERE {wanted}
    ORDER BY execution.account_id, execution.executed_at DESC, execution.id DESC
""")

# `fills.of` says the same. Revisions start at 1, so those beyond it are few and have an index of their own. What starts
# at 0 is odd: it is looked up once, ahead of the rows, so that neither costs each row a search.
_NOT_CORRECTED = SQL("""
    NOT EXISTS (
        SELECT FROM {executions} AS later
        WHERE later.account_id = execution.account_id AND later.trade_key = execution.trade_key
            AND later.revision > execution.revision AND later.revision > 1
    )
    AND execution.id <> ALL (ARRAY(
        SELECT first.id
        FROM {executions} AS first
        JOIN {executions} AS later ON later.account_id = first.account_id AND later.trade_key = first.trade_key
        WHERE first.account_id = ANY({account_ids}::uuid[]) AND first.revision = 0 AND later.revision = 1
    ))
""")


def copy_to_stdout(columns: Sequence[Column], selection: Selection, options: Composable) -> Composed:
    """`COPY (...) TO STDOUT` of one row for each execution that stands."""
    return SQL("COPY (SELECT {values} {fills}) TO STDOUT ({options})").format(
        values=SQL(", ").join(value for _, value in columns), fills=fills_of(selection), options=options
    )


def fills_of(selection: Selection) -> Composed:
    return _FILLS.format(
        executions=_table(Execution),
        instruments=_table(Instrument),
        commissions=_table(Commission),
        orders=_table(Order),
        wanted=SQL(" AND ").join(_conditions(selection)),
    )


def moment(value: Composable) -> Composed:
    """ISO 8601 with its offset, in a session whose time zone is UTC."""
    return SQL("replace({}::text, ' ', 'T') || ':00'").format(value)


def plain(value: Composable) -> Composed:
    """An amount without the zeros that its column pads with."""
    return SQL("trim_scale({})").format(value)


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
