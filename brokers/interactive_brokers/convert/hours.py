"""IB's trading hours and time zones.

Its page: https://interactivebrokers.github.io/tws-api/classIBApi_1_1ContractDetails.html (TradingHours, TimeZoneId).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brokers.domain import TradingInterval

# IB writes some zones as Java does. `EST`, `MST` and `HST` are also IANA names, but of zones that know no summer time,
# and IB means the exchange's own clock.
_BY_LONG_NAME = {
    "Eastern Standard Time": "America/New_York",
    "Eastern Daylight Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Central Daylight Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
    "China Standard Time": "Asia/Shanghai",
    "Hong Kong Time": "Asia/Hong_Kong",
    "Singapore Time": "Asia/Singapore",
    "India Standard Time": "Asia/Kolkata",
    "Israel Standard Time": "Asia/Jerusalem",
    "Japan Standard Time": "Asia/Tokyo",
    "British Summer Time": "Europe/London",
    "Australian Eastern Standard Time": "Australia/Sydney",
}
_BY_SHORT_NAME = {
    "EST": "America/New_York",
    "CST": "America/Chicago",
    "MST": "America/Denver",
    "PST": "America/Los_Angeles",
    "JST": "Asia/Tokyo",
    "BST": "Europe/London",
}
_ZONE = re.compile(r"(?P<short>[^()]*?)\s*(?:\((?P<long>[^()]*)\))?")
_MOMENT = re.compile(r"(?:(?P<day>\d{8}):)?(?P<clock>\d{4})")


def time_zone(name: str) -> str | None:
    """An IANA name, or None for one that isn't known: `US/Eastern`, `MET`, `EST (Eastern Standard Time)`."""
    found = _ZONE.fullmatch(name.strip())
    if found is None:
        return None
    short = found["short"]
    meant = _BY_LONG_NAME.get(found["long"] or "") or _BY_SHORT_NAME.get(short, short)
    return meant if _zone(meant) is not None else None


def trading_intervals(text: str, *, time_zone: str | None) -> tuple[TradingInterval, ...]:
    """The sessions that IB lists, oldest first, in UTC.

    Takes `20180323:0400-20180323:2000;20180324:CLOSED` and the older `20180323:0930-1600,1700-1800;20180324:CLOSED`,
    in the clock of `time_zone`, an IANA name. Empty when that is None or any of the text can't be read: no hours are
    better than wrong ones.
    """
    zone = _zone(time_zone) if time_zone else None
    if zone is None:
        return ()
    try:
        sessions = [_in_utc(start, end, zone) for start, end in _sessions(text)]
    except (ValueError, OverflowError):
        return ()
    return tuple(sorted((session for session in sessions if session.start < session.end), key=lambda one: one.start))


def listed_until(text: str, *, time_zone: str | None) -> datetime | None:
    """Up to when the list says whether it trades, in UTC: to the end of its last session, or to the beginning of its
    last closed day, whose evening can belong to a day that isn't listed. None for what lists or can be read as nothing.
    """
    zone = _zone(time_zone) if time_zone else None
    if zone is None:
        return None
    try:
        reached = [*(end for _, end in _sessions(text)), *_closed_days(text)]
        return max((_end_in_utc(moment, zone) for moment in reached), default=None)
    except (ValueError, OverflowError):
        return None


def _closed_days(text: str) -> Iterator[datetime]:
    """The midnight with which each begins, by the exchange's clock, and naive."""
    for part in filter(None, text.strip().split(";")):
        day, _, rest = part.partition(":")
        if rest == "CLOSED":
            yield datetime.combine(_date(day), time())


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # a folder of the database is an OSError
        return None


def _sessions(text: str) -> Iterator[tuple[datetime, datetime]]:
    """By the exchange's clock, and naive: a day's sessions follow each other after its date."""
    for part in filter(None, text.strip().split(";")):
        day, _, rest = part.partition(":")
        if rest != "CLOSED":
            for session in rest.split(","):
                yield _session(day, session)


def _session(day: str, text: str) -> tuple[datetime, datetime]:
    first, last = text.split("-")
    start, end = _moment(first, day), _moment(last, day)
    if end <= start and ":" not in last:
        # The older form names one day, the day that the session belongs to: it began the evening before.
        start -= timedelta(days=1)
    return start, end


def _moment(text: str, day: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no moment of IB's")
    on = _date(found["day"] or day)
    if found["clock"] == "2400":
        return datetime.combine(on, time()) + timedelta(days=1)
    return datetime.combine(on, time(int(found["clock"][:2]), int(found["clock"][2:])))


def _date(text: str) -> date:
    if len(text) != 8:
        raise ValueError(f"{text!r} is no day of IB's")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _in_utc(start: datetime, end: datetime, zone: ZoneInfo) -> TradingInterval:
    """A time that the clocks show twice begins a session the first time, and ends one the second."""
    return TradingInterval(start=start.replace(tzinfo=zone).astimezone(UTC), end=_end_in_utc(end, zone))


def _end_in_utc(end: datetime, zone: ZoneInfo) -> datetime:
    return end.replace(tzinfo=zone, fold=1).astimezone(UTC)
