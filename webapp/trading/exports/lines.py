"""One line of text for each fill, put together by PostgreSQL, and taken from it as it is.

A line is one `concat` of texts of ours and of values: cheaper than a column for each, which COPY would look through for
what to quote. COPY's binary format leaves a text alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from psycopg.sql import SQL, Composable, Composed, Literal

from webapp.trading.exports.copying import Copying
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.statements import Column, copy_to_stdout

Piece: TypeAlias = str | Composable

# Of PostgreSQL's binary COPY: what is ahead of the first row, ahead of each (how many columns, how long the only one),
# and what comes after the last.
_BEFORE_ALL = 11 + 4 + 4
_BEFORE_EACH = 2 + 4
_END = b"\xff\xff"


async def chunks(
    copying: Copying, line: Iterable[Piece], selection: Selection, *, once: Sequence[Column]
) -> AsyncIterator[bytes]:
    """`once` is what `statements.fills_of` takes."""
    await copying.begin(copy_to_stdout([("line", joined(line))], selection, SQL("FORMAT binary"), once=once))
    before = _BEFORE_ALL
    while rows := await copying.rows():
        rows[0], before = rows[0][before:], 0
        if rows[-1] == _END:
            rows.pop()
        yield b"".join([row[_BEFORE_EACH:] for row in rows])


def joined(pieces: Iterable[Piece]) -> Composed:
    """One text of all of them. A value that is null adds nothing."""
    return SQL("concat({})").format(SQL(", ").join(_arguments(pieces)))


def _arguments(pieces: Iterable[Piece]) -> Iterator[Composable]:
    """Texts that stand side by side are one: a function takes no more than a hundred."""
    for is_text, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        if is_text:
            yield Literal("".join(map(str, group)))
        else:
            yield from (piece for piece in group if isinstance(piece, Composable))
