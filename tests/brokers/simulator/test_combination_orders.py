"""Orders for combinations: priced by their legs, executed as a whole and leg by leg."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, ComboLeg, Contract, ExecutionFilter, LimitOrder, MarketOrder

from tests.brokers.simulator.conftest import Errors, Running, answered, left, settled, soon, started, stopped, until
from tests.brokers.simulator.order_scenes import order, quote, step

APPLE, MICROSOFT = 265598, 272093


def spread(*legs: tuple[int, int, str]) -> Contract:
    """By default one share of Apple bought for two of Microsoft sold."""
    chosen = legs or ((APPLE, 1, "BUY"), (MICROSOFT, 2, "SELL"))
    return Contract(
        symbol="AAPL,MSFT",
        secType="BAG",
        currency="USD",
        exchange="SMART",
        comboLegs=[ComboLeg(con_id, ratio, action, "SMART") for con_id, ratio, action in chosen],
    )


def prices(running: Running, steps: int = 0) -> tuple[float, float]:
    """The spread's bid and ask."""
    apple, microsoft = quote(running, APPLE, steps), quote(running, MICROSOFT, steps)
    return float(apple.bid - 2 * microsoft.ask), float(apple.ask - 2 * microsoft.bid)


def held(running: Running) -> dict[int, int]:
    return {one.instrument.con_id: int(one.quantity) for one in running.gateway.account.positions()}


async def test_a_combination_is_executed_as_a_whole_and_leg_by_leg(running: Running, ib: IB) -> None:
    trade = ib.placeOrder(spread(), MarketOrder("BUY", 10, tif="DAY", orderRef="spread"))
    await settled(ib, trade, "Filled")
    await until(ib, lambda: len(trade.fills) == 3 and all(fill.commissionReport.execId for fill in trade.fills[1:]))
    told = [(fill.contract.secType, fill.execution.side, fill.execution.shares) for fill in trade.fills]
    assert told == [("BAG", "BOT", 10.0), ("STK", "BOT", 10.0), ("STK", "SLD", 20.0)]
    whole, apple, microsoft = (fill.execution for fill in trade.fills)
    assert whole.price == pytest.approx(prices(running)[1])
    assert whole.price == pytest.approx(apple.price - 2 * microsoft.price)
    assert len({execution.permId for execution in (whole, apple, microsoft)}) == 1
    assert [execution.execId[-5:] for execution in (whole, apple, microsoft)] == ["01.01", "02.01", "03.01"]
    assert {execution.orderRef for execution in (whole, apple, microsoft)} == {"spread"}
    assert (trade.orderStatus.avgFillPrice, trade.orderStatus.filled) == (pytest.approx(whole.price), 10.0)


async def test_only_the_legs_of_a_combination_are_held_and_paid_for(running: Running, ib: IB) -> None:
    cash = running.gateway.account.cash["USD"]
    trade = ib.placeOrder(spread(), MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert held(running) == {APPLE: -10, MICROSOFT: 20}
    assert [row["amount"] for row in running.rows("commission")] == ["1", "1"]
    moved = float(running.gateway.account.cash["USD"] - cash)
    assert moved == pytest.approx(10 * prices(running)[0] - 2)


async def test_a_combinations_limit_may_be_negative_and_waits_for_its_legs(running: Running, ib: IB) -> None:
    limit = round(prices(running)[1] - 0.3, 2)
    trade = ib.placeOrder(spread(), LimitOrder("BUY", 5, limit, tif="GTC"))
    await settled(ib, trade, "Submitted")
    assert trade.order.lmtPrice == limit < 0
    ahead = next(steps for steps in range(1, 4000) if prices(running, steps)[1] <= limit + 1e-9)
    step(running, ahead)
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice <= limit + 1e-9


async def test_an_open_combination_shows_its_legs_to_whoever_asks(running: Running, ib: IB) -> None:
    trade = ib.placeOrder(spread(), LimitOrder("BUY", 5, -1000.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    [seen] = await soon((await running.connect(2)).reqAllOpenOrdersAsync())
    legs = [(leg.conId, leg.ratio, leg.action) for leg in seen.contract.comboLegs]
    assert (seen.contract.secType, seen.contract.conId) == ("BAG", 28812380)
    assert legs == [(APPLE, 1, "BUY"), (MICROSOFT, 2, "SELL")]


async def test_executions_of_legs_are_found_by_their_own_symbol(running: Running, ib: IB) -> None:
    trade = ib.placeOrder(spread(), MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    [found] = await soon(ib.reqExecutionsAsync(ExecutionFilter(symbol="MSFT")))
    assert (found.contract.conId, found.execution.side) == (MICROSOFT, "SLD")
    [whole] = await soon(ib.reqExecutionsAsync(ExecutionFilter(secType="BAG")))
    assert whole.execution.shares == 10


@pytest.mark.parametrize(
    "contract",
    [
        spread((APPLE, 1, "BUY")),
        spread((APPLE, 1, "BUY"), (1, 1, "SELL")),
        spread((APPLE, 0, "BUY"), (MICROSOFT, 1, "SELL")),
    ],
    ids=["one-leg", "unknown-leg", "no-ratio"],
)
async def test_legs_that_make_no_combination_are_refused(ib: IB, errors: Errors, contract: Contract) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, contract, MarketOrder("BUY", 1, tif="DAY"))
    await answered(ib)
    assert errors.codes(order_id) == [321]


async def test_a_combination_is_not_taken_with_a_stop(ib: IB, errors: Errors) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, spread(), order("STP", auxPrice=1.0))
    await answered(ib)
    assert errors.codes(order_id) == [387]


async def test_a_what_if_of_a_combination_counts_its_legs(running: Running, ib: IB) -> None:
    state = await soon(ib.whatIfOrderAsync(spread(), MarketOrder("BUY", 100, tif="DAY")))
    apple, microsoft = quote(running, APPLE).mark, quote(running, MICROSOFT).mark
    assert (state.commission, state.commissionCurrency) == (2.0, "USD")
    assert float(state.initMarginChange) == pytest.approx(float(100 * apple + 200 * microsoft) / 2, rel=0.01)


async def test_a_restart_knows_an_open_combination_and_what_its_legs_hold(running: Running, ib: IB) -> None:
    filled = ib.placeOrder(spread(), MarketOrder("BUY", 10, tif="DAY"))
    resting = ib.placeOrder(spread(), LimitOrder("BUY", 5, -1000.0, tif="GTC"))
    await settled(ib, filled, "Filled")
    await settled(ib, resting, "Submitted")
    before = running.gateway.account
    await left(ib)
    await stopped(running)
    again = await started(running.ledger)
    assert held(again) == {APPLE: 10, MICROSOFT: -20}
    assert again.gateway.account.cash == before.cash
    [open_order] = again.gateway.orders.open()
    assert [leg.instrument.con_id for leg in open_order.legs] == [APPLE, MICROSOFT]
    assert [one.exec_id[-5:] for one in again.gateway.orders.executions] == ["01.01", "02.01", "03.01"]
    await stopped(again)


async def test_a_combination_takes_from_the_books_of_its_legs(running: Running, ib: IB) -> None:
    offered = quote(running, APPLE).ask_size
    trade = ib.placeOrder(spread(), LimitOrder("BUY", 5, prices(running)[1], tif="DAY"))
    await settled(ib, trade, "Filled")
    ask = float(quote(running, APPLE).ask)
    rest = ib.placeOrder(Contract(conId=APPLE, exchange="SMART"), LimitOrder("BUY", float(offered), ask, tif="IOC"))
    await settled(ib, rest, "Cancelled")
    assert rest.orderStatus.filled == float(offered) - 5


async def test_a_correction_is_of_a_leg_and_leaves_the_combinations_own_price(running: Running, ib: IB) -> None:
    trade = ib.placeOrder(spread(), MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    whole, apple, _ = (fill.execution for fill in trade.fills)
    with pytest.raises(ValueError, match="legs"):
        running.gateway.desk.correct(whole.execId, price=Decimal(1))
    cash = running.gateway.account.cash["USD"]
    running.gateway.desk.correct(apple.execId, price=Decimal(str(apple.price)) - 1)
    await until(ib, lambda: len(trade.fills) == 4)
    assert trade.fills[3].execution.execId[-5:] == "02.02"
    assert running.gateway.account.cash["USD"] == cash + 10
    [order] = running.gateway.orders
    assert float(order.average_price) == pytest.approx(whole.price)
