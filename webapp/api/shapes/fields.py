"""What several shapes are made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict

from webapp.api.cursors import Cursor

MOST_ROWS = 500

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T.+", re.ASCII)


def read_moment(text: object) -> datetime:
    """An ISO 8601 time with its offset; without one, nobody knows which moment is meant."""
    hint = "Write a time like 2026-01-31T09:30:00Z, with Z or an offset; a + in an address is written %2B"
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError(hint)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(hint) from None
    if moment.tzinfo is None:
        raise ValueError(hint)
    return _in_utc(moment)


def _in_utc(moment: datetime) -> datetime:
    """PostgreSQL takes no offset of 16 hours or more. At either end of the calendar, without its offset."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def read_cursor(text: object) -> str:
    Cursor.read(str(text))
    return str(text)


def read_printable(text: str) -> str:
    """PostgreSQL takes no text with a NUL in it."""
    if not text.isprintable():
        raise ValueError("This holds a control character. Type it instead of pasting it")
    return text


Printable = Annotated[str, AfterValidator(read_printable)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]
CursorText = Annotated[str, BeforeValidator(read_cursor)]
ConId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Paging(Schema):
    """`cursor` is the next_cursor of the page before."""

    cursor: CursorText | None = None
    limit: int = Field(100, ge=1, le=MOST_ROWS)


def read_amount(value: object) -> object:
    """Text alone: JSON's 0.1 is a binary fraction by the time that anyone reads it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'Write an amount as text, "{value}", since a JSON number may lose digits')  # noqa: TRY004 - for pydantic
    return value


Amount = Annotated[
    str,
    Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,10})?$", examples=["1", "190.5"]),
    BeforeValidator(read_amount),
]


class Body(Schema):
    """What is sent as JSON. A field that doesn't exist is refused: mistyped and ignored, it would be another order."""

    model_config = ConfigDict(extra="forbid")
