from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from webapp.trading import broker_day

NEW_YORK, LONDON = "America/New_York", "Europe/London"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zones", "now", "since"),
    [
        # New York's midnight is at 05:00 UTC in winter and at 04:00 in summer
        ([NEW_YORK], "2026-01-06 20:00", "2026-01-06 05:02"),
        ([NEW_YORK], "2026-01-06 04:57", "2026-01-05 05:02"),
        ([NEW_YORK], "2026-07-06 20:00", "2026-07-06 04:02"),
        # near a midnight nothing that was made by then counts
        ([NEW_YORK], "2026-01-06 04:58", "2026-01-06 05:02"),
        ([NEW_YORK], "2026-01-06 05:01", "2026-01-06 05:02"),
        # of two midnights the later
        ([LONDON, NEW_YORK], "2026-01-06 03:00", "2026-01-06 00:02"),
        ([LONDON, NEW_YORK], "2026-01-06 06:00", "2026-01-06 05:02"),
    ],
)
def test_the_broker_shows_what_is_over_since_its_midnight(
    settings: Any, zones: list[str], now: str, since: str
) -> None:
    settings.BROKER_DAY_ZONES = zones
    assert broker_day.shown_since(at(now)) == at(since)
