"""Parquet: amounts are decimal128, times timestamps in UTC, what nobody has told us null.

Rows are gathered as COPY's own CSV, parsed by Arrow and written as row groups. Two groups are all that is ever in
memory: one is read while the one before it is written.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL

from webapp.trading.amounts import DIGITS, PLACES
from webapp.trading.exports.bodies import FIELDS, Kind
from webapp.trading.exports.copying import Copying
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.statements import copy_to_stdout

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_OF_A_GROUP = 50_000


async def chunks(copying: Copying, selection: Selection) -> AsyncIterator[bytes]:
    columns = [(field.name, field.value) for field in FIELDS]
    await copying.begin(copy_to_stdout(columns, selection, SQL("FORMAT csv")))
    file = await asyncio.to_thread(_File)
    written: asyncio.Future[bytes] | None = None
    async for group in _groups(copying):
        if written is not None:
            yield await written
        written = asyncio.ensure_future(asyncio.to_thread(file.with_group, group))
    if written is not None:
        yield await written
    yield await asyncio.to_thread(file.with_end)


async def _groups(copying: Copying) -> AsyncIterator[bytes]:
    gathered: list[bytes] = []
    count = 0
    while rows := await copying.rows():
        gathered.append(b"".join(rows))
        count += len(rows)
        if count >= ROWS_OF_A_GROUP:
            yield b"".join(gathered)
            gathered, count = [], 0
    if gathered:
        yield b"".join(gathered)


class _File:
    """A Parquet file that is taken away as it grows. Each call gives the bytes that it added."""

    def __init__(self) -> None:
        # Arrow takes long to load and much memory, and most processes never need it.
        from pyarrow import parquet

        self._sink = _Sink()
        self._schema = _schema()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def with_group(self, rows: bytes) -> bytes:
        self._writer.write_table(_table(rows, self._schema), row_group_size=ROWS_OF_A_GROUP * 2)
        return self._sink.take()

    def with_end(self) -> bytes:
        self._writer.close()
        return self._sink.take()


class _Sink(io.RawIOBase):
    """What Arrow writes to. The writer asks how much it has written, never to go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _schema() -> pa.Schema:
    import pyarrow as pa

    types = {
        Kind.WORD: pa.string(),
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.AMOUNT: pa.decimal128(DIGITS, PLACES),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([(field.name, types[field.kind]) for field in FIELDS])


def _table(rows: bytes, schema: pa.Schema) -> pa.Table:
    """COPY writes an empty text as "" and null as nothing at all, and so they are read."""
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(rows),
        read_options=csv.ReadOptions(column_names=schema.names, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
