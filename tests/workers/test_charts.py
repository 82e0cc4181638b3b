"""A chart's two sources, told apart: the past that is read, and the stream that goes on from there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from brokers.domain import Bar, BarSize, Instrument
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from tests.brokers.words.stage import AAPL
from webapp.bus.panes import Span
from workers.panes import charts
from workers.panes.charts import Chart

NOON = datetime.now(UTC).replace(second=0, microsecond=0)
ONE, TWO = NOON - timedelta(minutes=2), NOON - timedelta(minutes=1)


def bar(at: datetime, close: int) -> Bar:
    price = Decimal(close)
    return Bar(AAPL.con_id, at, open=price, high=price, low=price, close=price, bar_size=BarSize.MINUTE)


class Readings:
    """Each reading of the past answers with the next of these."""

    def __init__(self, *readings: list[Bar]) -> None:
        self._readings = list(readings)

    def subscribe_bars(self, instrument: Instrument, **_: Any) -> None:
        """The test plays the stream."""

    async def historical_bars(self, *_: Any) -> list[Bar]:
        return self._readings.pop(0)


async def test_what_the_stream_came_too_late_for_is_read_again_and_the_half_made_bar_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charts, "STREAM_FIRST", 0.0)
    data = Readings([bar(ONE, 1), bar(TWO, 2)], [bar(ONE, 1), bar(TWO, 3), bar(NOON, 4)])
    readings: set[datetime | None] = set()
    read_again = asyncio.Event()

    def show(*_: str) -> None:
        readings.add(chart.loaded_at)
        if len(readings) == 2:
            read_again.set()

    chart = Chart(AAPL, Span.DAY, data=cast("InteractiveBrokersDataClient", data), show=show)
    chart.open()
    await chart.loaded()
    chart.put(bar(NOON, 5))
    async with asyncio.timeout(5):
        await read_again.wait()
    assert [int(each.close) for each in chart.bars] == [1, 3, 5]
