"""Numbers in a config that make sense: refused where they're given, and not by what breaks on them later."""

from __future__ import annotations

import math
from typing import Any

from brokers.refusals import ConfigRefused


def require_seconds(config: Any, *settings: str, or_none_at_all: bool = False) -> None:
    """Raises ConfigRefused for what is no time above zero. `or_none_at_all`: zero will do."""
    least = "0 or more" if or_none_at_all else "more than 0"
    for setting in settings:
        given = getattr(config, setting)
        if not _is_number(given) or given < 0 or (given == 0 and not or_none_at_all):
            raise ConfigRefused(f"{setting} is in seconds, a number of {least}, and not {given!r}.")


def require_counts(config: Any, *settings: str, least: int = 0) -> None:
    """Raises ConfigRefused for what is no whole number of `least` or more."""
    for setting in settings:
        given = getattr(config, setting)
        if type(given) is not int or given < least:
            raise ConfigRefused(f"{setting} is a whole number of {least} or more, and not {given!r}.")


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and not math.isnan(given)
