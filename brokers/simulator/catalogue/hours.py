"""When a place trades: as IB publishes it, and as the gateway keeps it.

IB writes hours in the place's own time zone, `20261123:0930-20261123:1600`, and a day without trading as
`20261128:CLOSED`; several sessions of a day stand one behind the other. A session belongs to the day on which it ends:
Monday's at a futures exchange begins on Sunday evening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from itertools import takewhile
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo

from brokers.simulator.catalogue import holidays
from brokers.simulator.catalogue.holidays import Holidays

# IB publishes today and the five days after it.
PUBLISHED_DAYS = 6

# Long enough to reach over a weekend with holidays on both sides of it.
_HORIZON = timedelta(days=14)

_DAY = timedelta(days=1)
_A_MOMENT = timedelta(seconds=1)

# IB's names are the time zone database's old ones, which some machines no longer carry.
_ZONES = {
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "MET": "Europe/Berlin",
    "GB-Eire": "Europe/London",
    "Hongkong": "Asia/Hong_Kong",
    "Japan": "Asia/Tokyo",
}

WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Span:
    """One session of a day, `0930` to `1600`, or to its end, `2400`.

    One that opens no earlier than it closes begins the evening before.
    """

    opens: str
    closes: str

    def on(self, day: date) -> tuple[datetime, datetime]:
        """The session that belongs to this day, in the place's own time, without a zone."""
        first = day - _DAY if self.opens >= self.closes else day
        return _at(first, self.opens), _at(day, self.closes)


def _at(day: date, clock: str) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the place's own time
    return midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[2:]))


@dataclass(frozen=True, slots=True)
class Hours:
    """A place's trading and liquid hours. `time_zone` is IB's name for it."""

    time_zone: str
    trading: tuple[Span, ...]
    liquid: tuple[Span, ...]
    days: frozenset[int] = WEEKDAYS
    holidays: Holidays = holidays.none

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(_ZONES.get(self.time_zone, self.time_zone))

    def is_closed(self, day: date) -> bool:
        return day.weekday() not in self.days or self.holidays(day)

    def published(self, spans: tuple[Span, ...], today: date) -> str:
        """IB's text for today and the days after it; `today` is the date where the place is."""
        return _published(self, spans, today)

    def day_of(self, closes: datetime) -> date:
        """The day of the session that ends at this moment: one that ends at midnight belongs to the day before."""
        return (closes - _A_MOMENT).astimezone(self.zone).date()

    def sessions(self, spans: tuple[Span, ...], around: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Each session from the day before `around` to two weeks after it, in order, in UTC."""
        first = around.astimezone(self.zone).date() - _DAY
        for offset in range(_HORIZON.days):
            day = first + offset * _DAY
            if not self.is_closed(day):
                yield from (self._in_utc(*span.on(day)) for span in spans)

    def close_on(self, day: date) -> datetime:
        """When the liquid hours of this day end, in UTC."""
        return max(self._in_utc(*span.on(day))[1] for span in self.liquid)

    def _in_utc(self, opens: datetime, closes: datetime) -> tuple[datetime, datetime]:
        return opens.replace(tzinfo=self.zone).astimezone(UTC), closes.replace(tzinfo=self.zone).astimezone(UTC)


_WHOLE_DAY = (Span("0000", "2400"),)


@lru_cache(maxsize=64)
def around_the_clock(hours: Hours) -> Hours:
    """Those of a place that never closes: one session on every day, from midnight to midnight, and all of it liquid."""
    return replace(hours, trading=_WHOLE_DAY, liquid=_WHOLE_DAY, days=EVERY_DAY, holidays=holidays.none)


@lru_cache(maxsize=64)
def _published(hours: Hours, spans: tuple[Span, ...], today: date) -> str:
    """A chain's thousands of contracts all have the same."""
    days = (today + offset * _DAY for offset in range(PUBLISHED_DAYS))
    return ";".join(text for day in days for text in _published_on(hours, spans, day))


def _published_on(hours: Hours, spans: tuple[Span, ...], day: date) -> Iterator[str]:
    if hours.is_closed(day):
        yield f"{day:%Y%m%d}:CLOSED"
        return
    for span in spans:
        opens, closes = span.on(day)
        yield f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}"


class Phase(Enum):
    """What a place does now: the hours that orders are made for, those outside of them, or none."""

    REGULAR = "regular"
    EXTENDED = "extended"
    CLOSED = "closed"


class Scheduled(Protocol):
    """What has hours: an instrument."""

    @property
    def hours(self) -> Hours: ...


def _now() -> datetime:
    return datetime.now(UTC)


def clock_from(moment: datetime, elapsed: Callable[[], float] = monotonic) -> Callable[[], datetime]:
    """A clock that shows an aware time now and runs on from there. `elapsed` counts the seconds since whenever."""
    began = elapsed()
    return lambda: moment + timedelta(seconds=elapsed() - began)


class Calendar:
    """What time it is here, and what that means for an instrument.

    With `always_open` every place trades at every hour, so that a demo works at night, and its contracts say so.
    Whether an instrument has expired is for the instrument to say.
    """

    def __init__(self, now: Callable[[], datetime] = _now, *, always_open: bool = True) -> None:
        self._now = now
        self.always_open = always_open

    def now(self) -> datetime:
        """An aware UTC time."""
        return self._now().astimezone(UTC)

    def today(self, instrument: Scheduled) -> date:
        """The date where the instrument trades."""
        return self.now().astimezone(instrument.hours.zone).date()

    def hours(self, instrument: Scheduled) -> Hours:
        """Those that are kept here, and published: its exchange's own, or all there are."""
        return around_the_clock(instrument.hours) if self.always_open else instrument.hours

    def phase(self, instrument: Scheduled) -> Phase:
        if self.always_open:
            return Phase.REGULAR
        hours = instrument.hours
        if self._is_within(hours, hours.liquid):
            return Phase.REGULAR
        return Phase.EXTENDED if self._is_within(hours, hours.trading) else Phase.CLOSED

    def _is_within(self, hours: Hours, spans: tuple[Span, ...]) -> bool:
        now = self.now()
        begun = takewhile(lambda session: session[0] <= now, hours.sessions(spans, now))
        return any(now < closes for _, closes in begun)

    def last_moment(self, instrument: Scheduled, day: date) -> datetime:
        """When trading ends on an instrument's last day, in UTC: at its close, or with the day where none closes."""
        return self.hours(instrument).close_on(day)

    def next_open(self, instrument: Scheduled) -> datetime:
        """When liquid hours begin next, after now, in UTC. Raises LookupError when they don't within two weeks."""
        now, hours = self.now(), self.hours(instrument)
        return _first(opens for opens, _ in hours.sessions(hours.liquid, now) if opens > now)

    def next_close(self, instrument: Scheduled) -> datetime:
        """When the liquid hours that run, or the next ones, end, in UTC. Raises LookupError as `next_open` does."""
        now, hours = self.now(), self.hours(instrument)
        return _first(closes for _, closes in hours.sessions(hours.liquid, now) if closes > now)


def _first(moments: Iterator[datetime]) -> datetime:
    found = next(moments, None)
    if found is None:
        raise LookupError(f"no session within {_HORIZON.days} days")
    return found
