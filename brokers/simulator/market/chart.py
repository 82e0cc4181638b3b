"""What a request for historical bars asks for, read from IB's words for it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from brokers.simulator.catalogue.listings import Instrument

_MINUTE, _HOUR = 60, 3600


class Group(Enum):
    """Bars that are made of whole trading days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def key(self, day: date) -> tuple[int, ...]:
        """What the days of one bar have in common."""
        if self is Group.WEEK:
            return day.isocalendar()[:2]
        return (day.year, day.month) if self is Group.MONTH else (day.year, day.month, day.day)


@dataclass(frozen=True, slots=True)
class BarSize:
    """So many `seconds`, or a group of trading days."""

    seconds: int = 0
    group: Group | None = None

    def day_before(self, day: date) -> date:
        """The last day before the bar that the day after this one falls into."""
        following = day + timedelta(days=1)
        if self.group is Group.WEEK:
            return following - timedelta(days=following.weekday() + 1)
        return following - timedelta(days=following.day) if self.group is Group.MONTH else day


# IB's own list, in its order and spelling.
LEGAL_SIZES = {
    **{f"{count} secs": BarSize(count) for count in (1, 5, 10, 15, 30)},
    "1 min": BarSize(_MINUTE),
    **{f"{count} mins": BarSize(count * _MINUTE) for count in (2, 3, 5, 10, 15, 20, 30)},
    "1 hour": BarSize(_HOUR),
    **{f"{count} hours": BarSize(count * _HOUR) for count in (2, 3, 4, 8)},
    "1 day": BarSize(group=Group.DAY),
    "1W": BarSize(group=Group.WEEK),
    "1M": BarSize(group=Group.MONTH),
}
_SIZES = LEGAL_SIZES | {"1 week": LEGAL_SIZES["1W"], "1 month": LEGAL_SIZES["1M"]}

_DURATION = re.compile(r"([1-9][0-9]{0,5}) ?([SDWMY])")
# What may be asked in each unit, and the word for the next larger one.
_LONGEST = {
    "S": (86_400, "86400 seconds", "days"),
    "D": (365, "365 days", "years"),
    "W": (52, "52 weeks", "years"),
    "M": (12, "12 months", "years"),
    "Y": (100, "100 years", "years"),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """`unit` is IB's letter: seconds and days are of trading, weeks, months and years are the calendar's."""

    count: int
    unit: str

    def before(self, day: date) -> date:
        """The day so many weeks, months or years before."""
        if self.unit == "W":
            return day - timedelta(weeks=self.count)
        months = day.year * 12 + day.month - 1 - self.count * (12 if self.unit == "Y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Chart:
    """`exchange` is the one that the client named. `as_epoch` says how times are told: as a number or as text."""

    instrument: Instrument
    exchange: str
    what: str
    size: BarSize
    duration: Duration
    regular_hours: bool
    as_epoch: bool


def parse_size(text: str) -> BarSize:
    """Raises ValueError with IB's words for what it doesn't know."""
    size = _SIZES.get(text.strip())
    if size is None:
        raise ValueError(f"Historical data bar size setting is invalid. Legal ones are: {', '.join(LEGAL_SIZES)}")
    return size


def parse_duration(text: str) -> Duration:
    """Raises ValueError with IB's words for what it doesn't know."""
    read = _DURATION.fullmatch(text.strip())
    if read is None:
        raise ValueError("Historical data query duration format is invalid: it is <integer>{SPACE}unit (S|D|W|M|Y)")
    count, unit = int(read[1]), read[2]
    longest, name, larger = _LONGEST[unit]
    if count > longest:
        raise ValueError(f"Historical data requests for durations longer than {name} must be made in {larger}.")
    return Duration(count, unit)
