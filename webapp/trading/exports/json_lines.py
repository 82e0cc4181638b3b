"""JSON lines: one object per fill, letter for letter what `GET /fills` has in its items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from psycopg.sql import SQL, Composable, Composed, Literal

from webapp.trading.exports.bodies import FIELDS, Kind
from webapp.trading.exports.copying import Copying
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.statements import copy_to_stdout, moment, plain

# JSON has no control characters, so with these two COPY finds nothing to quote and each object leaves as it is.
_AS_IT_IS = SQL("FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'")

_WRITTEN: dict[Kind, Callable[[Composable], Composable]] = {
    Kind.TEXT: lambda value: value,
    Kind.INTEGER: lambda value: value,
    Kind.AMOUNT: lambda value: SQL("{}::text").format(plain(value)),
    Kind.MOMENT: moment,
}


async def chunks(copying: Copying, selection: Selection) -> AsyncIterator[bytes]:
    await copying.begin(copy_to_stdout([("fill", _object())], selection, _AS_IT_IS))
    while rows := await copying.rows():
        yield b"".join(rows)


def _object() -> Composed:
    pairs = [SQL("{}, {}").format(Literal(field.name), _WRITTEN[field.kind](field.value)) for field in FIELDS]
    return SQL("json_build_object({})").format(SQL(", ").join(pairs))
