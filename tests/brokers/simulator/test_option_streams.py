"""What clients see of prices that follow another's, over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from math import exp
from pathlib import Path

import pytest
from ib_insync import IB, Contract, Future, MarketOrder, Option, Stock, Ticker

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings.pricing import INTEREST
from tests.brokers.simulator.conftest import Running, answered, settled, soon, started, stopped, until
from tests.brokers.simulator.order_scenes import Clock, step

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
EXPIRES = datetime(2026, 12, 19, 5, tzinfo=UTC)
SPY = Stock("SPY", "SMART", "USD", conId=756733)


@pytest.fixture
async def running(tmp_path: Path):
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(Clock(AT)))
    yield one
    await stopped(one)


async def pair(ib: IB, strike: float = 548) -> list[Contract]:
    return await soon(
        ib.qualifyContractsAsync(
            *(Option("SPY", "20261218", strike, right, "SMART", currency="USD") for right in ("C", "P"))
        )
    )


def middle(ticker: Ticker) -> float:
    return (ticker.bid + ticker.ask) / 2


def discount() -> float:
    return exp(-INTEREST * (EXPIRES - AT).total_seconds() / 365 / 86_400)


async def test_quotes_of_a_call_its_put_and_their_share_keep_their_parity(running: Running, ib: IB) -> None:
    call, put = await pair(ib)
    of_call, of_put, of_share = (ib.reqMktData(one) for one in (call, put, SPY))
    for _ in range(20):
        step(running, 40)
        await answered(ib)
        room = (of_call.ask - of_call.bid + of_put.ask - of_put.bid) / 2 + 0.02
        expected = middle(of_share) - 548 * discount()
        assert middle(of_call) - middle(of_put) == pytest.approx(expected, abs=room)


async def test_the_past_that_is_told_of_an_option_is_that_of_its_share(running: Running, ib: IB) -> None:
    call, put = await pair(ib)
    pasts = []
    for one in (call, put, SPY):
        asked = ib.reqHistoricalDataAsync(one, "", "2 D", "1 hour", "MIDPOINT", useRTH=False, formatDate=2)
        pasts.append({bar.date: bar.close for bar in await soon(asked)})
    assert len(pasts[0]) >= 40
    for of_call, of_put, of_share in zip(*(past.values() for past in pasts), strict=True):
        assert of_call - of_put == pytest.approx(of_share - 548 * discount(), abs=0.6)
    streamed = ib.reqMktData(call)
    await answered(ib)
    assert middle(streamed) == pytest.approx(list(pasts[0].values())[-1], abs=0.2)


async def test_an_option_is_bought_at_the_price_that_its_held_share_makes(running: Running, ib: IB) -> None:
    call, put = await pair(ib)
    of_call, of_put = (ib.reqMktData(one) for one in (call, put))
    await answered(ib)
    before = middle(of_call), middle(of_put)
    await running.scenario.do("quote", instrument="SPY", bid="560", ask="560.02")
    await answered(ib)
    assert middle(of_call) > before[0] + 7
    assert middle(of_put) < before[1] - 3
    bought = ib.placeOrder(call, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, bought, "Filled")
    assert bought.orderStatus.avgFillPrice == of_call.ask


async def test_a_future_goes_with_the_index_that_a_verb_puts_somewhere(running: Running, ib: IB) -> None:
    [details, *_] = await soon(ib.reqContractDetailsAsync(Future("ES", "20261218", "CME", currency="USD")))
    ticker = ib.reqMktData(details.contract)
    await answered(ib)
    before = middle(ticker)
    await running.scenario.do("quote", instrument="SPX", bid="5600")
    await until(ib, lambda: middle(ticker) > before + 100)


async def test_an_options_volatility_and_greeks_come_with_its_quote_and_follow_its_share(
    running: Running, ib: IB
) -> None:
    call, put = await pair(ib)
    of_call, of_put, of_share = (ib.reqMktData(one) for one in (call, put, SPY))
    await answered(ib)
    assert of_call.modelGreeks.delta - of_put.modelGreeks.delta == pytest.approx(1, abs=2e-4)
    assert of_call.modelGreeks.impliedVol == of_put.modelGreeks.impliedVol > 0
    before = of_call.modelGreeks.undPrice
    for _ in range(20):
        step(running, 40)
        await answered(ib)
    assert of_call.modelGreeks.undPrice == pytest.approx(of_share.last, abs=0.02) != before
    assert of_share.modelGreeks is None
