"""Pages that don't shift: a cursor names the last row that was given, not how many."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet, UUIDField

Row = TypeVar("Row", bound=Model)

_LARGEST_ID = 2**63 - 1


class CursorInvalid(ValueError):
    """The text is no cursor of this list."""

    def __init__(self) -> None:
        super().__init__("This is not a cursor: use the next_cursor of the page before, letter for letter")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The moment and the id of the last row of a page; no moment where the id alone orders.

    Opaque to callers: the text may change its form.
    """

    at: datetime | None
    row_id: str

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises CursorInvalid."""
        try:
            at, _, row_id = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition("|")
            cursor = cls(at=datetime.fromisoformat(at) if at else None, row_id=row_id)
        except (ValueError, binascii.Error) as error:
            raise CursorInvalid from error
        if not row_id or (cursor.at is not None and cursor.at.tzinfo is None):
            raise CursorInvalid
        return cursor

    def __str__(self) -> str:
        at = self.at.isoformat() if self.at is not None else ""
        return base64.urlsafe_b64encode(f"{at}|{self.row_id}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page_of(
    rows: QuerySet[Row], *, cursor: str | None, limit: int, moment: str = "", newest_first: bool = True
) -> Page[Row]:
    """`limit` rows after the cursor's, by the column `moment` and then by id; without one by id alone.

    One row more than asked is read, to know whether there is another page. Raises CursorInvalid.
    """
    if cursor is not None:
        rows = rows.filter(_after(rows.model, Cursor.read(cursor), moment, "lt" if newest_first else "gt"))
    columns = [moment, "pk"] if moment else ["pk"]
    found = list(rows.order_by(*(f"-{name}" if newest_first else name for name in columns))[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], str(_cursor_at(found[limit - 1], moment)) if more else None)


def _after(model: type[Model], last: Cursor, moment: str, way: str) -> Q:
    row_id = _id_of(model, last.row_id)
    if not moment:
        return Q(**{f"pk__{way}": row_id})
    if last.at is None:
        raise CursorInvalid
    return Q(**{f"{moment}__{way}": last.at}) | Q(**{moment: last.at, f"pk__{way}": row_id})


def _id_of(model: type[Model], text: str) -> UUID | int:
    """A cursor of another list may hold an id of another kind."""
    try:
        row_id = UUID(text) if isinstance(model._meta.pk, UUIDField) else int(text)
    except ValueError as error:
        raise CursorInvalid from error
    if isinstance(row_id, int) and not 0 <= row_id <= _LARGEST_ID:
        raise CursorInvalid
    return row_id


def _cursor_at(row: Any, moment: str) -> Cursor:
    return Cursor(at=getattr(row, moment) if moment else None, row_id=str(row.pk))
