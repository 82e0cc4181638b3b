"""What time it is at the broker: a test says so by the zone in which the broker's days are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def set_broker_hour(settings: Any, hour: int) -> None:
    """From now on it's between `hour` o'clock there and the next, and midnight was that long ago."""
    ahead = (hour - datetime.now(UTC).hour) % 24
    ahead = ahead if ahead <= 12 else ahead - 24
    settings.BROKER_DAY_ZONES = (f"Etc/GMT{-ahead:+d}",)  # these zones are named by what they lack to UTC
