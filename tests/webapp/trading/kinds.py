"""An order of every type, as a form sends it: a buy of AAPL near 190."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

UNTIL = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
NO_LIMIT = {"limit_price": ""}
KINDS: dict[str, dict[str, Any]] = {
    "MKT": NO_LIMIT,
    "LMT": {"limit_price": "180.00", "outside_rth": "on", "time_in_force": "GTC"},
    "STP": {**NO_LIMIT, "stop_price": "200.00"},
    "STP LMT": {"stop_price": "200.00", "limit_price": "201.00"},
    "TRAIL": {**NO_LIMIT, "trailing_percent": "2.5", "trail_stop_price": "200.00"},
    "TRAIL LIMIT": {**NO_LIMIT, "trailing_amount": "5.00", "limit_price_offset": "0.50", "trail_stop_price": "200.00"},
    "MIT": {**NO_LIMIT, "stop_price": "180.00"},
    "LIT": {"stop_price": "180.00", "limit_price": "180.50"},
    "MTL": NO_LIMIT,
    "MOC": NO_LIMIT,
    "LOC": {"limit_price": "180.00"},
}
