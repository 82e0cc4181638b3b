"""What waits for the gateway's clock: five-second bars, and an order whose time runs out.

These come last, since how often the market steps meanwhile is up to the clock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import DEADLINE, Answer
from tests.conformance.rows import Row, Stage
from tests.conformance.session.placing import place, terms, told
from tests.conformance.session.scenery import EURO, INTEL, NVIDIA

_SECONDS = 2
_PARTS = 7


def five_second_bars(stage: Stage) -> Answer:
    """Which bars come depends on the clock, so each client's are held against themselves."""
    streams = [stage.client.streams.bars(NVIDIA, "TRADES"), stage.client.streams.bars(EURO, "MIDPOINT")]
    given_up_at = stage.client.link.current_time() + DEADLINE
    while not all(stream.told() for stream in streams) and stage.client.link.current_time() < given_up_at:
        stage.step()
    for stream in streams:
        stream.end()
    return [_in_itself(stream.told()[0]) for stream in streams]


def _in_itself(bar: Any) -> Answer:
    """What of a bar is known, and whether all of it lies between its low and its high."""
    low, high = Decimal(bar["low"]), Decimal(bar["high"])
    inside = [low <= Decimal(bar[name]) <= high for name in ("open_", "close")]
    return {"known": len([value for value in bar.values() if value is not None]), "inside": inside}


def till_date(stage: Stage) -> Answer:
    """An order for two more seconds, and how it stands when they are over."""
    until = datetime.fromtimestamp(stage.client.link.current_time() + _SECONDS, UTC)
    now = place(stage, "GTD", INTEL, terms("LMT", lmtPrice=31.0, tif="GTD", goodTillDate=f"{until:%Y%m%d-%H:%M:%S}"))
    while stage.client.link.current_time() <= until.timestamp():
        stage.step()
    stage.step()
    return [now["status"], told(stage, "GTD")]


_IN_ITSELF = {"known": _PARTS, "inside": [True, True]}
_OVER = {"status": "Cancelled", "filled": "0", "codes": [202]}

ROWS: tuple[Row, ...] = (
    Row("GTD whose time is over (202)", till_date, ["Submitted", _OVER], (202,)),
    Row("five-second bars", five_second_bars, [_IN_ITSELF, _IN_ITSELF]),
)
