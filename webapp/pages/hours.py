"""Trading hours as a page says them: by day, in the exchange's own clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

DAYS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Stretch:
    """Aware, on the exchange's clock; `end` is no longer part of it."""

    start: datetime
    end: datetime

    @property
    def ends_on_another_day(self) -> bool:
        return self.start.date() != self.end.date()


@dataclass(frozen=True, slots=True)
class Day:
    """What begins on this day of the exchange's."""

    day: date
    trading: list[Stretch]
    regular: list[Stretch]


def context(answer: dict[str, Any], time_zone: str | None, *, now: datetime | None = None) -> dict[str, Any]:
    """Of the worker's answer to `trading_hours`. `is_open` is None when nobody knows."""
    zone: tzinfo = ZoneInfo(time_zone) if time_zone else UTC
    moment = now or datetime.now(UTC)
    trading = _stretches(answer["trading_hours"], zone)
    regular = _stretches(answer["liquid_hours"], zone)
    until = answer["hours_until"]
    is_known = until is not None and moment < datetime.fromisoformat(until)
    return {
        "zone": time_zone or "UTC",
        "days": _days(trading, regular, moment),
        "is_open": any(one.start <= moment < one.end for one in trading) if is_known else None,
    }


def _stretches(intervals: Iterable[list[str]], zone: tzinfo) -> list[Stretch]:
    moments = ([datetime.fromisoformat(text).astimezone(zone) for text in interval] for interval in intervals)
    return [Stretch(start, end) for start, end in moments]


def _days(trading: list[Stretch], regular: list[Stretch], now: datetime) -> list[Day]:
    """Those that aren't over yet."""
    days = sorted({one.start.date() for one in (*trading, *regular) if one.end > now})
    return [Day(day, _of(day, trading), _of(day, regular)) for day in days[:DAYS_SHOWN]]


def _of(day: date, stretches: Iterable[Stretch]) -> list[Stretch]:
    return [one for one in stretches if one.start.date() == day]
