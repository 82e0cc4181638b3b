"""Quotes that went quiet in trading hours are stale. So are those of a stream that was opened and never spoke."""

from __future__ import annotations

from datetime import UTC, datetime

from brokers.interactive_brokers.streams import hours
from brokers.interactive_brokers.streams.quotes import QuoteStream


class Freshness:
    """A stream is told stale once, and asked for again; it's told reliable when something comes.

    Outside of the instrument's liquid hours silence says nothing. When its hours aren't known, it isn't known either
    whether its quotes are stale, and that is what is told.
    """

    def __init__(self, *, stale_after: float) -> None:
        self._after = stale_after

    def look(self, stream: QuoteStream, now: float) -> None:
        if stream.request_id is None or now - stream.quiet_since() < self._after:
            return
        at = datetime.now(UTC)
        if not hours.are_known(stream.instrument, at):
            self._tell(stream, is_stale=None, why="and whether it trades now is not known")
        elif self._has_traded_for_long(stream, at):
            self._tell(stream, is_stale=True, why="though it trades now")

    def _has_traded_for_long(self, stream: QuoteStream, at: datetime) -> bool:
        session = hours.session_at(stream.instrument, at)
        return session is not None and (at - session.start).total_seconds() >= self._after

    def _tell(self, stream: QuoteStream, *, is_stale: bool | None, why: str) -> None:
        stream.stand(is_stale=is_stale, reason=f"Nothing has come for {self._after:g} s, {why}.")
        stream.retry.plan(stream.now())
