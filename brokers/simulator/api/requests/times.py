"""Times in requests."""

from __future__ import annotations

from brokers.simulator.api.requests.base import RequestRefused
from brokers.simulator.clock import parse_ib_time
from brokers.simulator.connections.session import Session

_WITHOUT_ZONE = (
    "Warning: You submitted request with date-time attributes without explicit time zone. Please switch to use "
    "yyyymmdd-hh:mm:ss in UTC or use instrument timezone, like US/Eastern. Implied time zone functionality will be "
    "removed in the next API release"
)
_INVALID = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd "
    "and xx/xxxx are optional. E.g.: 20031126 15:59:00 US/Eastern"
)

# Nothing was recorded before, and the longest duration that may be asked for leads to a day of the calendar from here.
_FIRST_YEAR = 1900


def read_time(session: Session, request_id: int, text: str, field: str) -> int:
    """In seconds since 1970. A time without a zone is taken in the gateway's own, with a warning.

    Raises RequestRefused with 10314 for what is no time or one before 1900; `field` is IB's name for where it stands.
    """
    try:
        moment = parse_ib_time(text)
    except (ValueError, OverflowError):
        raise _invalid(request_id, field) from None
    if moment.year < _FIRST_YEAR:
        raise _invalid(request_id, field)
    if "-" not in text and len(text.split()) < 3:
        session.error(request_id, 2174, _WITHOUT_ZONE)
    return int(moment.timestamp())


def _invalid(request_id: int, field: str) -> RequestRefused:
    return RequestRefused(request_id, 10314, f"{field}: {_INVALID}")
