"""How many sockets a token may have open in one web process: each costs it tasks, and questions to the database."""

from __future__ import annotations

from collections import Counter

from django.conf import settings


class TooManySockets(Exception):
    """The token's own sockets are still open."""


class OpenSockets:
    """Counted by token. All are opened and closed on one loop."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    def take(self, token_id: int) -> None:
        """Raises TooManySockets, and then takes none."""
        most = settings.FEED_SOCKETS_PER_TOKEN
        if self._open[token_id] >= most:
            raise TooManySockets(
                f"This token has {most} sockets open, and may have no more. Close one, or watch more accounts on one."
            )
        self._open[token_id] += 1

    def give_back(self, token_id: int) -> None:
        self._open[token_id] -= 1
        if self._open[token_id] <= 0:
            del self._open[token_id]

    def total(self) -> int:
        return self._open.total()


open_sockets = OpenSockets()
