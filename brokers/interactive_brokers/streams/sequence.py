"""The order in which bars that are kept up to date are told."""

from __future__ import annotations

from dataclasses import replace

from brokers.domain import Bar


class BarSequence:
    """Each bar once and in order: the newest at each change, and once more as complete when the next one begins.

    What IB says twice, as after an outage, is no news, and what is complete doesn't change any more.
    """

    def __init__(self) -> None:
        self.newest: Bar | None = None  # of those that were told
        self._is_cut = False

    def cut(self) -> None:
        """An outage begins: what the newest bar came to is known only when IB says it again."""
        self._is_cut = self.newest is not None and not self.newest.is_complete

    def news(self, bar: Bar) -> list[Bar]:
        """What is to be told now that IB has said this."""
        newest = self.newest
        if newest is None or bar.at > newest.at:
            return [*self._end_of_the_newest(), *self._take(bar)]
        if bar.at < newest.at or newest.is_complete:
            return []
        return self._take(bar)

    def _end_of_the_newest(self) -> list[Bar]:
        if self.newest is None or self.newest.is_complete or self._is_cut:
            return []
        return [replace(self.newest, is_complete=True)]

    def _take(self, bar: Bar) -> list[Bar]:
        is_news = bar != self.newest
        self.newest, self._is_cut = bar, False
        return [bar] if is_news else []
