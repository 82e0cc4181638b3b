"""Another session of the same login takes its market data (10197). We say so, and don't fight."""

from __future__ import annotations

from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.retry import Retry
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.stream import Stream
from brokers.listener import LinkState

_THIS_PIECE = float("inf")
_REASON = "Another session of this login receives its market data, so none comes here."


class Competition:
    """It's over when something comes again of a stream that was taken from us, and only then does the rest follow.

    IB doesn't say when the other session ends. So one of the streams is asked for again now and then, at a slow pace:
    asking takes nothing from the other side. When none is wanted any more, nobody knows, and nobody is kept waiting.
    """

    def __init__(self, connection: InteractiveBrokersConnection, registry: Registry, *, retry_after: float) -> None:
        self._connection = connection
        self._registry = registry
        self._taken: dict[Stream, float] = {}  # since when, by the loop's clock
        self._retry = Retry(retry_after)

    def has(self, stream: Stream) -> bool:
        return stream in self._taken

    def take(self, stream: Stream, now: float) -> bool:
        """IB has said so of this stream. Returns whether that is news."""
        news = stream not in self._taken
        self._taken[stream] = _THIS_PIECE
        stream.retry.reset()
        stream.stand(is_stale=True, reason=_REASON)
        self._retry.plan(now)
        self._connection.note_competing(competing=True)
        return news

    def on_caught_up(self, now: float) -> None:
        """From here on, what comes of such a stream came after IB's word."""
        for stream, since in self._taken.items():
            if since == _THIS_PIECE:
                self._taken[stream] = now
            elif _came(stream, since):
                self._end()
                return

    def look(self, now: float) -> None:
        if not self._taken and self._connection.link is LinkState.COMPETING:
            self._taken = dict.fromkeys(self._registry, now)  # IB named no stream, so it may be any
            self._end_or_ask(now)
        elif self._taken:
            wanted = set(self._registry)
            self._taken = {stream: since for stream, since in self._taken.items() if stream in wanted}
            self._end_or_ask(now)

    def _end_or_ask(self, now: float) -> None:
        if not self._taken:
            self._end()
            return
        if self._retry.take(now):
            next(iter(self._taken)).reopen()
        self._retry.plan(now)

    def forget(self) -> None:
        """The connection is gone, and the next one will hear of it anew."""
        self._taken.clear()
        self._retry.reset()

    def _end(self) -> None:
        taken, self._taken = self._taken, {}
        self._retry.reset()
        self._connection.note_competing(competing=False)
        for stream, since in taken.items():
            if not _came(stream, since):
                stream.reopen()


def _came(stream: Stream, since: float) -> bool:
    return stream.heard_at is not None and stream.heard_at > since
