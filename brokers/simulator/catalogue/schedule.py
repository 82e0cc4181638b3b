"""When an instrument traded: its sessions of the past, and how far back so many days or seconds of trading reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.catalogue.listings import Instrument

_DAY = 86_400
# Hours are asked for in pieces of as many days as they answer at once.
_PIECE = timedelta(days=14)
# However many holidays there are, half of all days are trading days.
_SPARE_DAYS = 30

# The year in which what never expires was first quoted lies between these.
_OLDEST, _NEWEST = 1985, 2010


@dataclass(frozen=True, slots=True)
class TradingSession:
    """From `opens` up to `closes`, in seconds since 1970; `day` is the one it belongs to, where the place is."""

    day: date
    opens: int
    closes: int


class Schedule:
    """Of an instrument where these `hours` are kept: trading hours, or with `regular_hours` the liquid ones."""

    def __init__(self, instrument: Instrument, hours: Hours, *, regular_hours: bool) -> None:
        self._instrument = instrument
        self._hours = hours
        self._spans = hours.liquid if regular_hours else hours.trading

    def utc_offset(self, second: int) -> int:
        """How many seconds the place's clock is ahead of UTC."""
        offset = datetime.fromtimestamp(second, self._hours.zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def day(self, second: int) -> date:
        return datetime.fromtimestamp(second, self._hours.zone).date()

    def head(self) -> int:
        """When the first session began of which there are data: years ago, or for what expires two years before."""
        one = self._instrument
        year = int(one.expiry[:4]) - 2 if one.expiry else Random(one.con_id).randint(_OLDEST, _NEWEST)
        january = int(datetime(year, 1, 2, tzinfo=UTC).timestamp())
        return next(iter(self._sessions(january, january + _SPARE_DAYS * _DAY))).opens

    def between(self, start: int, end: int) -> list[TradingSession]:
        """The sessions that have some time from `start` up to `end`, whole, oldest first."""
        return list(self.one_by_one(start, end))

    def one_by_one(self, start: int, end: int) -> Iterator[TradingSession]:
        """The same, each looked up when it's asked for: of years there are thousands."""
        start = max(start, self.head())
        if start < end:
            yield from self._sessions(start, end)

    def days_back(self, count: int, end: int) -> int:
        """When the first session of the last `count` trading days before `end` opened; the day of `end` is one."""
        sessions = self.between(end - (2 * count + _SPARE_DAYS) * _DAY, end)
        days = sorted({session.day for session in sessions})[-count:]
        return min((session.opens for session in sessions if session.day in days), default=end)

    def opening_after(self, day: date, end: int) -> int:
        """When the first session of a later day opened; `end` when there was none before that."""
        midnight = self._midnight(day)
        # A day before the first of which there are data leads to that one, however long before it is.
        first = max(midnight, self.head())
        later = self.between(first, min(first + _SPARE_DAYS * _DAY, end))
        return next((session.opens for session in later if session.day > day), end)

    def seconds_back(self, count: int, end: int) -> int:
        """When the last `count` seconds of trading before `end` began."""
        for session in reversed(self.between(end - _SPARE_DAYS * _DAY, end)):
            closes = min(session.closes, end)
            if closes - session.opens >= count:
                return closes - count
            count -= closes - session.opens
        return end - _SPARE_DAYS * _DAY

    def _sessions(self, start: int, end: int) -> Iterator[TradingSession]:
        for session in self._kept(start, end):
            if session.closes > start and session.opens < end and not self._instrument.is_expired(session.day):
                yield session

    def _kept(self, start: int, end: int) -> Iterator[TradingSession]:
        around, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        while around - timedelta(days=1) <= last + timedelta(days=1):
            for opens, closes in self._hours.sessions(self._spans, around):
                yield TradingSession(self._hours.day_of(closes), int(opens.timestamp()), int(closes.timestamp()))
            around += _PIECE

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._hours.zone).timestamp())
