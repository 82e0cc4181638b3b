"""What IB's API shows of orders that are over: those of the gateway's own day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ib_insync import IB, Contract, MarketOrder

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Running, settled, soon, started, stopped
from tests.brokers.simulator.hand_clock import HandClock

# Two minutes before midnight in New York.
LATE = datetime(2026, 3, 19, 3, 58, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(LATE)


@pytest.fixture
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock))
    yield one
    await stopped(one)


@pytest.mark.parametrize(("later", "shown"), [(timedelta(minutes=1), 1), (timedelta(minutes=3), 0)])
async def test_executions_and_completed_orders_are_shown_until_midnight(
    running: Running, clock: HandClock, ib: IB, apple: Contract, later: timedelta, shown: int
) -> None:
    await settled(ib, ib.placeOrder(apple, MarketOrder("BUY", 1)), "Filled")
    clock.moment += later
    assert len(await soon(ib.reqExecutionsAsync())) == shown
    assert len(await soon(ib.reqCompletedOrdersAsync(apiOnly=False))) == shown
