"""What IB, or a person at another screen, does with orders and executions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder, Trade
from ib_insync.util import UNSET_DOUBLE

from brokers.simulator.scenario.scenario import VerbRefused
from tests.brokers.simulator.conftest import Errors, Running, answered, settled, soon, until
from tests.brokers.simulator.trading import bought


async def resting(ib: IB, contract: Contract, reference: str = "ours-1", quantity: int = 10) -> Trade:
    trade = ib.placeOrder(contract, LimitOrder("BUY", quantity, 180.0, tif="GTC", orderRef=reference))
    await settled(ib, trade, "Submitted")
    return trade


async def test_an_order_is_dropped_in_silence_and_the_next_one_is_not(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("drop_orders")
    dropped = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await answered(ib)
    assert dropped.orderStatus.status == "PendingSubmit"
    await resting(ib, apple)
    assert len(running.gateway.orders.open()) == 1
    assert errors.heard == []


async def test_an_order_is_filled_while_its_client_is_away(running: Running, ib: IB, apple: Contract) -> None:
    await resting(ib, apple)
    ib.disconnect()
    await running.gone(1)
    told = await running.scenario.do("fill", order="ours-1", price="179.5")
    assert told["status"] == "Filled"
    again = await running.connect(1)
    [fill] = again.fills()
    assert (fill.execution.orderRef, fill.execution.shares, fill.execution.price) == ("ours-1", 10.0, 179.5)


async def test_part_of_an_order_is_filled_and_no_more_than_is_left(running: Running, ib: IB, apple: Contract) -> None:
    trade = await resting(ib, apple)
    await running.scenario.do("fill", order=str(trade.order.permId), quantity=4)
    await until(ib, lambda: trade.orderStatus.filled == 4)
    with pytest.raises(VerbRefused, match="ours-1 has 6 left to fill, not 7"):
        await running.scenario.do("fill", order="ours-1", quantity=7)
    with pytest.raises(VerbRefused, match=rf"0 open orders are called 'theirs'.*: {trade.order.permId} ours-1"):
        await running.scenario.do("fill", order="theirs")


async def test_the_broker_cancels_an_order_with_its_reason(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = await resting(ib, apple)
    await running.scenario.do("cancel_order", order="ours-1", reason="Price too far away")
    await settled(ib, trade, "Cancelled")
    assert errors.codes(trade.order.orderId) == [202]
    assert errors.heard[-1][2].endswith("Price too far away")


async def test_an_order_placed_by_hand_is_seen_with_no_id_and_no_reference(
    running: Running, ib: IB, apple: Contract
) -> None:
    told = await running.scenario.do("place_elsewhere", instrument="AAPL", side="BUY", quantity=5, limit_price="150")
    [seen] = await soon(ib.reqAllOpenOrdersAsync())
    assert (seen.order.permId, seen.order.orderId, seen.order.orderRef) == (told["perm_id"], 0, "")
    assert (seen.order.lmtPrice, seen.order.totalQuantity) == (150.0, 5.0)


async def test_an_order_filled_by_hand_changes_the_position(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("fill_elsewhere", instrument="AAPL", side="BUY", quantity=5, price="151")
    await until(ib, lambda: bool(ib.positions()))
    [position] = ib.positions()
    assert (position.contract.conId, position.position) == (apple.conId, 5.0)
    [fill] = await soon(ib.reqExecutionsAsync())
    assert (fill.execution.orderId, fill.execution.orderRef, fill.execution.price) == (0, "", 151.0)


@pytest.mark.parametrize("verb", ["place_elsewhere", "fill_elsewhere"])
async def test_what_nobody_can_place_by_hand_is_refused(running: Running, verb: str) -> None:
    with pytest.raises(VerbRefused, match="DU9 is no account of this login"):
        await running.scenario.do(verb, instrument="AAPL", side="BUY", quantity=5, account="DU9")


async def test_an_execution_is_corrected_under_an_id_that_ends_higher(
    running: Running, ib: IB, apple: Contract
) -> None:
    with pytest.raises(VerbRefused, match="no execution yet"):
        await running.scenario.do("correct", price=1)
    trade = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, trade, "Filled")
    [wrong] = trade.fills
    told = await running.scenario.do("correct", price="100.5")
    assert told["exec_id"] == wrong.execution.execId.removesuffix("01") + "02"
    [right] = running.gateway.orders.executions
    assert (right.exec_id, right.price) == (told["exec_id"], Decimal("100.5"))
    with pytest.raises(VerbRefused, match=r"no execution has the id 7\.7\.7\.7"):
        await running.scenario.do("correct", exec_id="7.7.7.7", price=1)


async def test_what_a_position_cost_is_withheld_and_told_again(running: Running, ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10)

    def told() -> float:
        [position] = ib.positions()
        return position.avgCost

    await until(ib, lambda: bool(ib.positions()))
    cost = told()
    await running.scenario.do("withhold_cost", instrument="AAPL")
    await until(ib, lambda: told() == UNSET_DOUBLE)
    await running.scenario.do("withhold_cost", instrument="AAPL", on=False)
    await until(ib, lambda: told() == cost)


async def test_a_permission_is_taken_away_and_given_back(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("permit", security_type="STK", on=False)
    refused = ib.placeOrder(apple, LimitOrder("BUY", 1, 180.0, tif="DAY"))
    await answered(ib)
    assert errors.codes(refused.order.orderId) == [460]
    await running.scenario.do("permit", security_type="STK", on=True)
    await resting(ib, apple)


async def test_an_instrument_is_restricted_and_released(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("restrict", instrument="AAPL")
    refused = ib.placeOrder(apple, LimitOrder("BUY", 1, 180.0, tif="DAY"))
    await answered(ib)
    assert errors.codes(refused.order.orderId) == [203]
    await running.scenario.do("restrict", instrument="AAPL", on=False)
    await resting(ib, apple)
