"""Times as IB writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FORMAT = "%Y%m%d %H:%M:%S"
_NEW_YORK = "US/Eastern"


def ib_time(moment: datetime) -> str:
    """`20231122 10:00:00 US/Eastern`: whole seconds, and the gateway's own time zone named behind them."""
    try:
        local, zone = moment.astimezone(ZoneInfo(_NEW_YORK)), _NEW_YORK
    except ZoneInfoNotFoundError:  # a machine without a time zone database still knows this one
        local, zone = moment.astimezone(UTC), "UTC"
    return f"{local:{_FORMAT}} {zone}"


def parse_ib_time(text: str) -> datetime:
    """A time as a client writes it: `20231122-15:00:00` in UTC, or with a space and a zone, or with no zone at all.

    Raises ValueError for anything else.
    """
    if "-" in text:
        return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    day, clock, *zone = text.split()
    local = datetime.strptime(f"{day} {clock}", _FORMAT)  # noqa: DTZ007 - its zone is in the next word
    try:
        return local.replace(tzinfo=ZoneInfo(zone[0] if zone else _NEW_YORK))
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{zone[0] if zone else _NEW_YORK} is not a known time zone") from error
