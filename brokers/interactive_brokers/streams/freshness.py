"""What went quiet in trading hours is stale. So is what was opened and never spoke."""

from __future__ import annotations

from brokers.interactive_brokers import clock
from brokers.interactive_brokers.streams import hours
from brokers.interactive_brokers.streams.stream import Stream
from brokers.interactive_brokers.streams.timetables import Timetables

_CLOSED = "It doesn't trade now, so its silence says nothing."


class Freshness:
    """A stream is told stale once, and asked for again; it's told reliable when something comes.

    For how long one may be quiet depends on its kind: see `patience` of each. Outside of the instrument's liquid hours
    silence says nothing. When its hours aren't known, it isn't known either whether what it told is stale, and that is
    what is told, until they are.
    """

    def __init__(self, timetables: Timetables) -> None:
        self._timetables = timetables

    def look(self, stream: Stream, now: float) -> None:
        if stream.request_id is None or now - stream.quiet_since() < stream.patience:
            return
        at, instrument = clock.utc_now(), self._timetables.of(stream.instrument)
        if not hours.reach(instrument, at):
            self._doubt(stream)
        elif hours.has_traded_for(stream.patience, instrument, at):
            self._tell(stream, is_stale=True, why="though it trades now")
        elif stream.is_stale is None and hours.session_at(instrument, at) is None:
            stream.stand(is_stale=False, reason=_CLOSED)

    def _doubt(self, stream: Stream) -> None:
        """What is known to be stale stays so."""
        is_stale = True if stream.is_stale else None
        self._tell(stream, is_stale=is_stale, why="and whether it trades now is not known")

    def _tell(self, stream: Stream, *, is_stale: bool | None, why: str) -> None:
        stream.stand(is_stale=is_stale, reason=f"Nothing has come for {stream.patience:g} s, {why}.")
        stream.retry.plan(stream.now())
