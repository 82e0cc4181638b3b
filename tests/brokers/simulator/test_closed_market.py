from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ib_insync import IB, Contract, Stock, Ticker

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Running, answered, started, stopped, until
from tests.brokers.simulator.hand_clock import HandClock

# Ten seconds before the end of New York's extended hours.
EVENING = datetime(2026, 3, 18, 23, 59, 50, tzinfo=UTC)
MORNING = datetime(2026, 3, 19, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(EVENING)


@pytest.fixture
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=False))
    yield one
    await stopped(one)


def sides(ticker: Ticker) -> tuple[float, float, float, float]:
    return ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize


async def test_at_the_close_nobody_bids_any_more_and_at_the_open_they_do(
    running: Running, clock: HandClock, ib: IB, apple: Contract
) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.bid > 0 and ticker.last > 0)
    clock.run(running.gateway.market, 10)
    await until(ib, lambda: sides(ticker) == (-1, 0, -1, 0))
    last, volume = ticker.last, ticker.volume
    clock.run(running.gateway.market, 10)
    await answered(ib)
    assert (ticker.last, ticker.volume, ticker.marketDataType) == (last, volume, 1)
    clock.moment = MORNING
    running.gateway.market.step()
    quote = running.gateway.market.quote(apple.conId)
    await until(ib, lambda: (ticker.bid, ticker.ask) == (float(quote.bid), float(quote.ask)))


async def test_each_close_has_its_own_last_price(running: Running, clock: HandClock, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    market = running.gateway.market
    for evening in (EVENING, EVENING + timedelta(days=1)):
        clock.moment = evening
        clock.run(market, 60)
        await until(ib, lambda: ticker.bid == -1)
        closed = ticker.volume
        clock.moment = evening + timedelta(hours=8, minutes=1)
        clock.run(market, 60)
        await until(ib, lambda: ticker.volume == float(market.quote(apple.conId).volume or 0))
        assert ticker.volume != closed
    clock.moment = EVENING + timedelta(days=2)
    clock.run(market, 9)
    last = market.quote(apple.conId)
    clock.run(market, 60)
    await until(ib, lambda: ticker.bid == -1)
    assert float(last.volume or 0) <= ticker.volume < float(market.quote(apple.conId).volume or 0)


async def test_frozen_data_are_the_last_before_the_close(
    running: Running, clock: HandClock, ib: IB, apple: Contract
) -> None:
    clock.moment = datetime(2026, 3, 19, 2, 0, tzinfo=UTC)
    ib.reqMarketDataType(2)
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.bid > 0 and not math.isnan(ticker.close))
    assert ticker.marketDataType == 2
    before = sides(ticker)
    clock.run(running.gateway.market, 5)
    await answered(ib)
    assert sides(ticker) == before
    clock.moment = MORNING
    running.gateway.market.step()
    await until(ib, lambda: ticker.marketDataType == 1)


async def test_delayed_data_of_a_closed_place_are_frozen_for_who_asks_that(
    running: Running, clock: HandClock, ib: IB
) -> None:
    sap = Stock("SAP", "IBIS", "EUR", conId=14204)
    ib.reqMarketDataType(4)
    ticker = ib.reqMktData(sap)
    await until(ib, lambda: ticker.bid > 0)
    assert ticker.marketDataType == 4
    ib.cancelMktData(sap)
    ib.reqMarketDataType(3)
    ticker = ib.reqMktData(sap)
    await until(ib, lambda: ticker.marketDataType == 3 and ticker.bid == -1)


async def test_a_closed_place_has_no_depth_and_no_single_ticks(
    running: Running, clock: HandClock, ib: IB, apple: Contract
) -> None:
    depth = ib.reqMktDepth(apple, 5, isSmartDepth=True)
    trades = ib.reqTickByTickData(apple, "AllLast")
    await answered(ib)
    clock.run(running.gateway.market, 2)
    await until(ib, lambda: len(depth.domBids) == len(depth.domAsks) == 5 and trades.last > 0)
    clock.run(running.gateway.market, 10)
    await until(ib, lambda: not depth.domBids and not depth.domAsks)
    last = trades.last, trades.lastSize
    clock.run(running.gateway.market, 10)
    await answered(ib)
    assert (trades.last, trades.lastSize) == last
    clock.moment = MORNING
    running.gateway.market.step()
    await until(ib, lambda: len(depth.domBids) == len(depth.domAsks) == 5)
