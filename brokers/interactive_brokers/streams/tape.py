"""Trades, read from what a quote stream says of the last one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Print:
    """As IB wrote it. `size` is 0 where it gave none; `seconds` since 1970, or None where it didn't say when."""

    price: float
    size: float
    seconds: int | None = None


class Tape:
    """IB says each last price with its size, then often the size once more, and before or after them the second.

    A trade is a change of last price or last size. The first last of a stream is where the tape stood before, and no
    trade. Two trades in a row of one price and one size look like one here: IB sums the trades of about 250 ms anyway.
    All of a trade comes in one piece, so `prints` is read whenever a piece has come to its end.
    """

    def __init__(self, *, before: Print | None = None) -> None:
        """`before` is where it stands, when that is known."""
        self._newest = before
        self._has_begun = before is not None
        self._seconds: int | None = None  # said before the trade that it's of
        self._new: list[Print] = []

    def last(self, price: float | None, size: float) -> None:
        """`price` is None where the size alone ticks."""
        if price is None:
            self._size(size)
        elif price >= 0 or size > 0:  # -1 without a size is no last
            self._price(price, size)

    def time(self, seconds: int) -> None:
        """Of the trade just said, if it has no time yet, else of the one to come."""
        if self._new and self._new[-1].seconds is None:
            self._new[-1] = replace(self._new[-1], seconds=seconds)
        else:
            self._seconds = seconds

    def prints(self) -> Iterator[Print]:
        """The trades since this was read last; the first last of all is left out."""
        said, self._new, self._seconds = self._new, [], None
        if said and not self._has_begun:
            self._has_begun = True
            said = said[1:]
        yield from said

    def _price(self, price: float, size: float) -> None:
        same = self._newest is not None and (price, size) == (self._newest.price, self._newest.size)
        if not same:
            self._add(Print(price, size))

    def _size(self, size: float) -> None:
        """The size of the last; when that has none yet, this is what it lacked, and no other trade."""
        if self._newest is None or size == self._newest.size:
            return
        if self._newest.size != 0:
            self._add(Print(self._newest.price, size))
            return
        self._newest = replace(self._newest, size=size)
        if self._new:
            self._new[-1] = replace(self._new[-1], size=size)

    def _add(self, printed: Print) -> None:
        self._newest = printed
        self._new.append(replace(printed, seconds=self._seconds))
        self._seconds = None
