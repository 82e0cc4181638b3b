"""An event's body doesn't say how fine its prices are. A page adds it, for its rows and its scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.trading import price_steps
from webapp.trading.models import Instrument


def with_price_steps(body: Mapping[str, Any], instrument: Instrument) -> dict[str, Any]:
    return {**body, "price_steps": price_steps.as_text(instrument)}
