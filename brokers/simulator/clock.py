"""Times as IB writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FORMAT = "%Y%m%d %H:%M:%S"
_NEW_YORK = "US/Eastern"


def ib_time(moment: datetime, zone: str = _NEW_YORK) -> str:
    """`20231122 10:00:00 US/Eastern`: whole seconds, and a time zone (the gateway's own) named behind them."""
    local, known = _in_zone(moment, zone)
    return f"{local:{_FORMAT}} {known}"


def ib_clock(moment: datetime) -> str:
    """`10:00`: the hour and minute in the gateway's own time zone."""
    local, _ = _in_zone(moment, _NEW_YORK)
    return f"{local:%H:%M}"


def day_began(moment: datetime) -> datetime:
    """The midnight before it in the gateway's own time zone."""
    local, _ = _in_zone(moment, _NEW_YORK)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _in_zone(moment: datetime, zone: str) -> tuple[datetime, str]:
    try:
        return moment.astimezone(ZoneInfo(zone)), zone
    except ZoneInfoNotFoundError:  # a machine without a time zone database still knows this one
        return moment.astimezone(UTC), "UTC"


def zoned_time(second: int, zone: str) -> str:
    """As `ib_time`, of a time in seconds since 1970."""
    return ib_time(datetime.fromtimestamp(second, UTC), zone)


def parse_ib_time(text: str) -> datetime:
    """A time as a client writes it: `20231122-15:00:00` in UTC, or with a space and a zone, or with no zone at all.

    Raises ValueError for anything else.
    """
    if "-" in text.partition(" ")[0]:
        return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    day, clock, *zone = text.split()
    local = datetime.strptime(f"{day} {clock}", _FORMAT)  # noqa: DTZ007 - its zone is in the next word
    try:
        return local.replace(tzinfo=ZoneInfo(zone[0] if zone else _NEW_YORK))
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{zone[0] if zone else _NEW_YORK} is not a known time zone") from error
