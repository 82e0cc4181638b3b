from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ib_insync import IB, Contract, Stock

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, soon, started, stopped, until
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=False))
    yield one
    await stopped(one)


async def test_a_bar_comes_every_five_seconds(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    clock.forward(2)
    bars = ib.reqRealTimeBars(apple, 5, "TRADES", False)
    await answered(ib)
    clock.run(running.gateway.market, 33)
    await until(ib, lambda: len(bars) == 7)
    assert [bar.time.second for bar in bars] == [0, 5, 10, 15, 20, 25, 30]
    assert bars[0].time == WEDNESDAY
    assert all(bar.count == 20 and bar.volume > 0 for bar in bars[1:])
    assert all(bar.low <= min(bar.open_, bar.close) <= bar.wap <= bar.high for bar in bars if bar.low == bar.high)


async def test_five_second_bars_are_those_of_the_history(
    running: Running, ib: IB, apple: Contract, clock: HandClock
) -> None:
    live = {what: ib.reqRealTimeBars(apple, 5, what, False) for what in ("TRADES", "MIDPOINT", "BID", "ASK")}
    await answered(ib)
    clock.run(running.gateway.market, 60)
    for what, bars in live.items():
        await until(ib, lambda bars=bars: len(bars) == 12)  # type: ignore[misc]
        history = await soon(
            ib.reqHistoricalDataAsync(apple, "20260318-15:01:00", "60 S", "5 secs", what, False, formatDate=2)
        )
        assert [(bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in history] == [
            (bar.time, bar.open_, bar.high, bar.low, bar.close, bar.volume) for bar in bars
        ]


async def test_what_a_gap_missed_is_in_the_history(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    """A client that was away asks for what it missed, and gets what one that stayed was told."""
    stayed = await running.connect(2)
    whole = stayed.reqRealTimeBars(apple, 5, "TRADES", False)
    await answered(stayed)
    clock.run(running.gateway.market, 120)
    await until(stayed, lambda: len(whole) == 24)
    missed = await soon(
        ib.reqHistoricalDataAsync(apple, "20260318-15:02:00", "120 S", "5 secs", "TRADES", False, formatDate=2)
    )
    assert [(bar.date, bar.close, bar.volume) for bar in missed] == [(bar.time, bar.close, bar.volume) for bar in whole]


async def test_bars_of_regular_hours_end_with_them(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    clock.moment = datetime(2026, 3, 18, 19, 59, 50, tzinfo=UTC)
    regular = ib.reqRealTimeBars(apple, 5, "TRADES", True)
    extended = ib.reqRealTimeBars(apple, 5, "MIDPOINT", False)
    await answered(ib)
    clock.run(running.gateway.market, 20)
    await until(ib, lambda: len(extended) == 4)
    assert [bar.time.second for bar in regular] == [50]


async def test_after_a_pause_of_the_clock_only_what_is_recent_is_told(
    running: Running, ib: IB, apple: Contract, clock: HandClock
) -> None:
    bars = ib.reqRealTimeBars(apple, 5, "TRADES", False)
    await answered(ib)
    clock.forward(3600)
    running.gateway.market.step()
    await until(ib, lambda: len(bars) == 12)
    assert bars[0].time == WEDNESDAY + timedelta(seconds=3540)
    clock.run(running.gateway.market, 5)
    await until(ib, lambda: len(bars) == 13)


async def test_cancelled_bars_are_silent(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    bars = ib.reqRealTimeBars(apple, 5, "TRADES", False)
    await answered(ib)
    clock.run(running.gateway.market, 5)
    await until(ib, lambda: len(bars) == 1)
    ib.cancelRealTimeBars(bars)
    await answered(ib)
    clock.run(running.gateway.market, 20)
    await answered(ib)
    assert len(bars) == 1


async def test_bars_that_there_are_not_are_refused(ib: IB, euro: Contract, errors: Errors) -> None:
    ib.reqRealTimeBars(euro, 5, "TRADES", False)
    ib.reqRealTimeBars(Stock("SAP", "IBIS", "EUR", conId=14204), 5, "TRADES", False)
    ib.reqRealTimeBars(euro, 5, "SIZES", False)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [420, 420, 321]


async def test_bars_that_nobody_streams_can_not_be_cancelled(raw: RawClient) -> None:
    await raw.start()
    raw.send(51, 1, 77)
    refused = await raw.receive()
    assert (refused[2], refused[3]) == ("77", "300")
