"""On which day contracts expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from brokers.simulator.catalogue.holidays import nth_weekday, third_friday
from brokers.simulator.catalogue.hours import Hours

_DAY = timedelta(days=1)
_WEDNESDAY, _FRIDAY = 2, 4

# IB's letters for January to December.
MONTH_CODES = "FGHJKMNQUVXZ"
EVERY_MONTH = tuple(range(1, 13))
QUARTERLY = (3, 6, 9, 12)


def trading_day(day: date, hours: Hours) -> date:
    """The day itself, or the last one before it that isn't closed."""
    while hours.is_closed(day):
        day -= _DAY
    return day


def back(day: date, count: int, hours: Hours) -> date:
    """`count` trading days before `day`."""
    for _ in range(count):
        day = trading_day(day - _DAY, hours)
    return day


def months(first: date, count: int) -> Iterator[tuple[int, int]]:
    """(year, month) from the month of `first` on; a negative count goes backwards, and leaves that month out."""
    start = first.year * 12 + first.month - 1
    for number in range(start, start + count) if count > 0 else range(start + count, start):
        yield number // 12, number % 12 + 1


def month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - _DAY


def fridays(first: date, count: int) -> Iterator[date]:
    friday = first + timedelta(days=(_FRIDAY - first.weekday()) % 7)
    for week in range(count):
        yield friday + timedelta(weeks=week)


def friday_of(day: date) -> date:
    """The Friday of the week of a working day."""
    return day + timedelta(days=_FRIDAY - day.weekday())


def week_of_month(friday: date) -> int:
    """1 for the month's first Friday."""
    return (friday.day - 1) // 7 + 1


def on_third_friday(year: int, month: int, hours: Hours) -> date:
    return trading_day(third_friday(year, month), hours)


def on_last_day(year: int, month: int, hours: Hours) -> date:
    return trading_day(month_end(year, month), hours)


def before_third_wednesday(year: int, month: int, hours: Hours) -> date:
    """Currency futures: two trading days before the month's third Wednesday."""
    wednesday = nth_weekday(date(year, month, 1), _WEDNESDAY, 3)
    return back(wednesday, 2, hours)


def before_delivery_of_oil(year: int, month: int, hours: Hours) -> date:
    """Crude oil: three trading days before the 25th of the month before delivery."""
    before = date(year, month, 1) - _DAY
    return back(trading_day(before.replace(day=25), hours), 3, hours)


def before_last_days(year: int, month: int, hours: Hours) -> date:
    """Metals and Hong Kong's index: the second-last trading days of the month."""
    return back(trading_day(month_end(year, month), hours), 2, hours)
