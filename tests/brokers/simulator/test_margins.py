"""What each kind of instrument ties up, as a client is told before it places the order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import IB, Contract, Forex, Future, FuturesOption, LimitOrder, MarketOrder, Option, OrderState

from brokers.simulator.accounts.margins import PER_CONTRACT
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings.futures import FUTURES, FutureSeries
from tests.brokers.simulator.conftest import Running, settled, soon, started, stopped
from tests.brokers.simulator.order_scenes import Clock, quote

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(Clock(AT)))
    yield one
    await stopped(one)


async def found(ib: IB, contract: Contract) -> Contract:
    [one] = await soon(ib.qualifyContractsAsync(contract))
    return one


async def previewed(ib: IB, contract: Contract, side: str, quantity: float) -> OrderState:
    return await soon(ib.whatIfOrderAsync(contract, MarketOrder(side, quantity, tif="DAY")))


def changes(state: OrderState) -> tuple[float, float]:
    """What the order adds to the initial and to the maintenance margin."""
    return float(state.initMarginChange), float(state.maintMarginChange)


def mark(running: Running, contract: Contract) -> float:
    return float(quote(running, contract.conId).mark)


@pytest.mark.parametrize(("side", "initial", "maintenance"), [("BUY", 0.5, 0.25), ("SELL", 0.5, 0.3)])
async def test_shares_tie_up_what_regulation_t_says(
    running: Running, ib: IB, apple: Contract, side: str, initial: float, maintenance: float
) -> None:
    value = mark(running, apple) * 300
    wanted = pytest.approx((value * initial, value * maintenance), rel=1e-6)
    assert changes(await previewed(ib, apple, side, 300)) == wanted


@pytest.mark.parametrize(
    ("symbol", "exchange", "month", "initial", "maintenance"),
    [
        ("ES", "CME", "202612", 14300, 13000),
        ("MES", "CME", "202612", 1430, 1300),
        ("CL", "NYMEX", "202701", 6600, 6000),
    ],
)
@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_a_future_ties_up_an_amount_for_each_contract(
    ib: IB, symbol: str, exchange: str, month: str, initial: int, maintenance: int, side: str
) -> None:
    future = await found(ib, Future(symbol, month, exchange, currency="USD"))
    assert changes(await previewed(ib, future, side, 2)) == (2 * initial, 2 * maintenance)


async def test_a_future_in_another_currency_ties_up_that_currencys_amount(running: Running, ib: IB) -> None:
    future = await found(ib, Future("DAX", "202612", "EUREX", currency="EUR"))
    rate = float(running.gateway.valuation.rate("EUR"))
    initial, maintenance = changes(await previewed(ib, future, "BUY", 1))
    # Its commission is paid out of the euro that are there.
    assert initial == pytest.approx(38500 * rate, abs=1)
    assert maintenance == pytest.approx(35000 * rate, abs=1)


async def test_a_currency_ties_up_three_percent_of_what_it_leaves_in_foreign_hands(running: Running, ib: IB) -> None:
    euro = await found(ib, Forex("EURUSD"))
    initial, maintenance = changes(await previewed(ib, euro, "BUY", 100_000))
    value = 100_000 * float(running.gateway.valuation.rate("EUR"))
    assert (initial, maintenance) == pytest.approx((0.03 * value, 0.02 * value), abs=0.02)


async def test_an_option_that_is_bought_is_paid_for_and_ties_up_nothing_more(running: Running, ib: IB) -> None:
    call = await found(ib, Option("AAPL", "20261218", 190, "C", "SMART", currency="USD"))
    state = await previewed(ib, call, "BUY", 10)
    assert changes(state) == (0, 0)
    assert float(state.equityWithLoanChange) == pytest.approx(-mark(running, call) * 1000 - state.commission, abs=0.02)


@pytest.mark.parametrize(("strike", "right"), [(190, "C"), (200, "C"), (190, "P"), (170, "P")])
async def test_a_written_option_ties_up_its_premium_and_a_fifth_of_its_share(
    running: Running, ib: IB, apple: Contract, strike: int, right: str
) -> None:
    option = await found(ib, Option("AAPL", "20261218", strike, right, "SMART", currency="USD"))
    share, premium = mark(running, apple), mark(running, option)
    out = max(strike - share, 0) if right == "C" else max(share - strike, 0)
    risk = max(0.2 * share - out, 0.1 * (share if right == "C" else strike))
    wanted = pytest.approx(((premium + risk) * 500,) * 2, rel=1e-6)
    assert changes(await previewed(ib, option, "SELL", 5)) == wanted


@pytest.mark.parametrize(("strike", "relief"), [(5480, 0), (5600, None), (6400, 7150)])
async def test_a_written_option_on_a_future_ties_up_its_premium_and_what_the_future_would_less_half_of_the_distance(
    running: Running, ib: IB, strike: int, relief: float | None
) -> None:
    option = await found(ib, FuturesOption("ES", "20261218", strike, "C", "CME", "50", "USD", tradingClass="ES"))
    listed = running.gateway.catalogue.get(option.conId)
    assert listed is not None
    future = float(quote(running, listed.under_con_id).mark)
    off = (strike - future) * 25 if relief is None else relief
    premium = mark(running, option) * 50
    initial, _ = changes(await previewed(ib, option, "SELL", 1))
    assert initial == pytest.approx(premium + 14300 - off, abs=1)


async def test_what_an_order_was_said_to_tie_up_it_ties_up(running: Running, ib: IB) -> None:
    future = await found(ib, Future("ES", "202612", "CME", currency="USD"))
    state = await previewed(ib, future, "BUY", 1)
    await settled(ib, ib.placeOrder(future, MarketOrder("BUY", 1, tif="DAY")), "Filled")
    margin = running.gateway.valuation.worth().margin
    assert float(margin.initial) == pytest.approx(float(state.initMarginAfter), abs=0.1)
    assert float(margin.maintenance) == pytest.approx(float(state.maintMarginAfter), abs=0.1)


async def test_more_futures_than_the_funds_carry_are_refused(running: Running, ib: IB) -> None:
    future = await found(ib, Future("ES", "202612", "CME", currency="USD"))
    refused = ib.placeOrder(future, LimitOrder("BUY", 90, 5400.0, tif="DAY"))
    await settled(ib, refused, "Inactive")
    assert 201 in [entry.errorCode for entry in refused.log]


@pytest.mark.parametrize("series", FUTURES, ids=lambda series: series.trading_class)
def test_every_listed_future_has_an_amount_that_is_a_small_part_of_what_it_stands_for(series: FutureSeries) -> None:
    future = series.instrument(series.front(AT.date()), date(2026, 11, 23))
    amount = PER_CONTRACT[future.symbol]
    value = future.start_price * future.multiplier
    assert Decimal("0.004") < amount.maintenance / value < amount.initial / value < Decimal("0.15")
