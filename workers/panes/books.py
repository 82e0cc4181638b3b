"""The newest book of each instrument whose depth somebody looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from brokers.domain import Depth, StreamStatus
from webapp.bus.panes import GOOD, Pane, Standing, encode_book

# key of the pane, its newest body -> out to the browsers
Show = Callable[[str, str], None]


@dataclass(slots=True)
class _Book:
    newest: Depth | None = None
    standing: Standing = GOOD


class Books:
    """Whole books go out whenever a row has changed or their standing has."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._books: dict[int, _Book] = {}

    def begin(self, con_id: int) -> None:
        self._books[con_id] = _Book()

    def put(self, depth: Depth) -> None:
        book = self._books.get(depth.con_id)
        if book is not None:
            book.newest = depth
            self._tell(depth.con_id, book)

    def mark(self, status: StreamStatus) -> None:
        if status.con_id in self._books:
            self.stand(status.con_id, Standing(status.is_stale, status.reason if status.is_stale is not False else ""))

    def stand(self, con_id: int, standing: Standing) -> None:
        book = self._books[con_id]
        book.standing = standing
        self._tell(con_id, book)

    def forget(self, con_id: int) -> None:
        del self._books[con_id]

    def _tell(self, con_id: int, book: _Book) -> None:
        pane = Pane(con_id)
        self._show(str(pane), encode_book(pane, book.newest, book.standing))
