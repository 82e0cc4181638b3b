"""Days on which a place doesn't trade. Weekends are not among them: which days of a week trade is the hours' to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6

# Whether a place is closed on a day. Asked of the same few thousand days again and again, so each is looked up once.
Holidays = Callable[[date], bool]


def none(_on: date) -> bool:
    return False


@cache
def american(on: date) -> bool:
    """The New York Stock Exchange's holidays, as its page lists them; the half days trade in full here."""
    moved = {_observed(date(on.year, 1, 1)), _observed(date(on.year, 7, 4)), _observed(date(on.year, 12, 25))}
    if on.year >= 2022:
        moved.add(_observed(date(on.year, 6, 19)))
    # A New Year's Day on a Saturday is not made up for on the Friday, which belongs to the old year.
    return on in moved or on in _american_by_weekday(on.year)


def _american_by_weekday(year: int) -> set[date]:
    return {
        nth_weekday(date(year, 1, 1), _MONDAY, 3),
        nth_weekday(date(year, 2, 1), _MONDAY, 3),
        _easter(year) - timedelta(days=2),
        nth_weekday(date(year, 6, 1), _MONDAY, 0),
        nth_weekday(date(year, 9, 1), _MONDAY, 1),
        nth_weekday(date(year, 11, 1), _THURSDAY, 4),
    }


@cache
def european(on: date) -> bool:
    """Xetra's holidays."""
    easter = _easter(on.year)
    fixed = (on.month, on.day) in {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
    return fixed or on in {easter - timedelta(days=2), easter + timedelta(days=1)}


@cache
def british(on: date) -> bool:
    """The London Stock Exchange's holidays, but for those that a king makes."""
    easter = _easter(on.year)
    fixed = {_made_up(date(on.year, 1, 1)), *_british_christmas(on.year)}
    mondays = {
        nth_weekday(date(on.year, 5, 1), _MONDAY, 1),
        nth_weekday(date(on.year, 6, 1), _MONDAY, 0),
        nth_weekday(date(on.year, 9, 1), _MONDAY, 0),
    }
    return on in fixed | mondays | {easter - timedelta(days=2), easter + timedelta(days=1)}


def _british_christmas(year: int) -> set[date]:
    """Christmas and Boxing Day; where they fall on a weekend, the first working days after it."""
    christmas = date(year, 12, 25)
    moved = {4: (0, 3), _SATURDAY: (2, 3), _SUNDAY: (1, 2)}.get(christmas.weekday(), (0, 1))
    return {christmas + timedelta(days=days) for days in moved}


def worldwide(on: date) -> bool:
    """What closes even currencies and American futures for the whole day."""
    return (on.month, on.day) in {(1, 1), (12, 25)}


def _observed(on: date) -> date:
    """The American rule: Saturday's holiday is kept on Friday, Sunday's on Monday."""
    return on + timedelta(days={_SATURDAY: -1, _SUNDAY: 1}.get(on.weekday(), 0))


def _made_up(on: date) -> date:
    """The British rule: a weekend's holiday is kept on the next working day."""
    return on + timedelta(days={_SATURDAY: 2, _SUNDAY: 1}.get(on.weekday(), 0))


def nth_weekday(month: date, weekday: int, nth: int) -> date:
    """The nth such weekday from the month's first day on; 0 is the last one before it."""
    first = month + timedelta(days=(weekday - month.weekday()) % 7)
    return first + timedelta(weeks=nth - 1)


def third_friday(year: int, month: int) -> date:
    return nth_weekday(date(year, month, 1), 4, 3)


def _easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher)."""
    cycle, century, of_century = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * cycle + century - century // 4 - correction + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (cycle + 11 * moon + 22 * sunday) // 451
    days = moon + sunday - 7 * late + 114
    return date(year, days // 31, days % 31 + 1)
