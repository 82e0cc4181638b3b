"""Pages that don't shift: a cursor names the last row that was given, not how many."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)

_LARGEST_ID = 2**63 - 1


class CursorInvalid(ValueError):
    """The text is no cursor of ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The moment and the id of the last row of a page. Opaque to callers: the text may change its form."""

    at: datetime
    row_id: int

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises CursorInvalid."""
        try:
            at, _, row_id = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition("|")
            cursor = cls(at=datetime.fromisoformat(at), row_id=int(row_id))
        except (ValueError, binascii.Error) as error:
            raise CursorInvalid(
                "This is not a cursor: use the next_cursor of the page before, letter for letter"
            ) from error
        if cursor.at.tzinfo is None or not 0 <= cursor.row_id <= _LARGEST_ID:
            raise CursorInvalid("This is not a cursor: use the next_cursor of the page before, letter for letter")
        return cursor

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.row_id}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page_of(rows: QuerySet[Row], *, moment: str, cursor: str | None, limit: int) -> Page[Row]:
    """`limit` rows, newest first by the column `moment` and then by id, after the cursor's row.

    One row more than asked is read, to know whether there is another page.
    """
    if cursor is not None:
        last = Cursor.read(cursor)
        rows = rows.filter(Q(**{f"{moment}__lt": last.at}) | Q(**{moment: last.at, "id__lt": last.row_id}))
    found = list(rows.order_by(f"-{moment}", "-id")[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], str(_cursor_at(found[limit - 1], moment)) if more else None)


def _cursor_at(row: Any, moment: str) -> Cursor:
    return Cursor(at=getattr(row, moment), row_id=row.pk)
