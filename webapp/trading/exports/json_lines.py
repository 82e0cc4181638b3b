"""JSON lines: one object per fill, letter for letter what `GET /fills` has in its items."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

from psycopg.sql import SQL, Composable, Composed, Identifier

from webapp.trading.exports import lines
from webapp.trading.exports.bodies import FIELDS, Field, Kind
from webapp.trading.exports.copying import Copying
from webapp.trading.exports.lines import Piece
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.statements import Column, plain


def chunks(copying: Copying, selection: Selection) -> AsyncIterator[bytes]:
    line = [piece for field in FIELDS for piece in (",", json.dumps(field.name), ":", *_value(field))]
    return lines.chunks(copying, ["{", *line[1:], "}\n"], selection, once=_once())


def _value(field: Field) -> Iterator[Piece]:
    if _is_of_the_instrument(field):
        yield SQL("instrument.{}").format(Identifier(field.name))
    elif field.is_optional:
        yield SQL("CASE WHEN {} IS NULL THEN 'null' ELSE {} END").format(field.value, lines.joined(_known(field)))
    else:
        yield from _known(field)


def _known(field: Field) -> list[Piece]:
    value: Composable = field.value
    match field.kind:
        case Kind.INTEGER:
            return [value]
        case Kind.WORD:
            return ['"', value, '"']
        case Kind.AMOUNT:
            return ['"', plain(value), '"']
        case Kind.TEXT | Kind.MOMENT:  # moments as ISO 8601 with their offset
            return [_escaped(value)]


def _once() -> list[Column]:
    return [(field.name, _escaped(field.value)) for field in FIELDS if _is_of_the_instrument(field)]


def _is_of_the_instrument(field: Field) -> bool:
    return field.value.as_string().startswith("instrument.")


def _escaped(value: Composable) -> Composed:
    return SQL("to_json({})").format(value)
