"""A book, put together from IB's rows."""

from __future__ import annotations

from brokers.interactive_brokers.convert import BookRow

_INSERT, _UPDATE, _DELETE = 0, 1, 2
_ASKS, _BIDS = 0, 1


class Book:
    """IB names a row by its place on its side: https://interactivebrokers.github.io/tws-api/market_depth.html.

    A row right behind the last is the next one, whether IB inserts or updates it. One further out can't be placed:
    it's left out, as is every place below zero, and nothing there can be deleted. A row that others push below the
    last that was asked for falls off: IB says no more of it.
    """

    def __init__(self, *, rows: int) -> None:
        self._most = rows
        self.bids: list[BookRow] = []
        self.asks: list[BookRow] = []

    def apply(self, *, position: int, operation: int, side: int, row: BookRow) -> bool:
        """Whether the book has changed."""
        rows = {_ASKS: self.asks, _BIDS: self.bids}.get(side)
        if rows is None or not 0 <= position <= len(rows):
            return False
        if operation == _INSERT or (operation == _UPDATE and position == len(rows)):
            rows.insert(position, row)
            del rows[self._most :]
        elif operation == _UPDATE:
            rows[position] = row
        elif operation == _DELETE and position < len(rows):
            del rows[position]
        else:
            return False
        return True

    def empty(self) -> None:
        self.bids.clear()
        self.asks.clear()
