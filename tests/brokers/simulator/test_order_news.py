"""What clients hear and read of orders, and what the ledger wrote down of them."""

from __future__ import annotations

import pytest
from ib_insync import IB, Contract, ExecutionFilter, LimitOrder, MarketOrder, Stock

from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, settled, soon, until

FAR_BELOW = 100.0


async def test_messages_of_a_fill_come_in_the_brokers_order(running: Running, raw: RawClient) -> None:
    ib = await running.connect(5)
    heard: list[str] = []
    interpret = ib.client.decoder.interpret

    def spy(fields: list[str]) -> None:
        heard.append("/".join([fields[0], *(word for word in fields if word in ("Submitted", "Filled"))]))
        interpret(fields)

    ib.client.decoder.interpret = spy
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), MarketOrder("BUY", 1, tif="DAY"))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    of_the_order = [name for name in heard if name.split("/")[0] in ("3", "5", "11", "59")]
    assert of_the_order == ["5/Submitted", "3/Submitted", "11", "5/Filled", "3/Filled", "59"]


async def test_another_client_hears_nothing_of_an_order(running: Running, ib: IB, apple: Contract) -> None:
    other = await running.connect(2)
    trade = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, trade, "Filled")
    await answered(other)
    assert other.trades() == []
    assert other.fills() == []


async def test_a_client_sees_its_own_open_orders_and_everybodys_when_it_asks(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, FAR_BELOW, tif="GTC", orderRef="ours-1"))
    await settled(ib, trade, "Submitted")
    other = await running.connect(2)
    assert await soon(other.reqOpenOrdersAsync()) == []
    [seen] = await soon(other.reqAllOpenOrdersAsync())
    assert (seen.order.clientId, seen.order.orderRef, seen.order.permId) == (1, "ours-1", trade.order.permId)


async def test_completed_orders_have_no_order_id_and_keep_their_reference(ib: IB, apple: Contract) -> None:
    filled = ib.placeOrder(apple, MarketOrder("BUY", 3, tif="DAY", orderRef="filled"))
    resting = ib.placeOrder(apple, LimitOrder("BUY", 4, FAR_BELOW, tif="DAY", orderRef="cancelled"))
    await settled(ib, resting, "Submitted")
    ib.cancelOrder(resting.order)
    await settled(ib, resting, "Cancelled")
    done = {trade.order.orderRef: trade for trade in await soon(ib.reqCompletedOrdersAsync(False))}
    assert {ref: trade.orderStatus.status for ref, trade in done.items()} == {
        "filled": "Filled",
        "cancelled": "Cancelled",
    }
    assert done["filled"].order.permId == filled.order.permId
    assert (done["filled"].order.filledQuantity, done["filled"].order.orderId) == (3.0, 0)
    assert (done["cancelled"].order.filledQuantity, done["cancelled"].order.totalQuantity) == (0.0, 4.0)


async def test_executions_are_filtered_as_asked(running: Running, ib: IB, apple: Contract, euro: Contract) -> None:
    ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    last = ib.placeOrder(euro, MarketOrder("SELL", 20_000, tif="DAY"))
    await settled(ib, last, "Filled")

    async def symbols(**wanted: object) -> list[str]:
        fills = await soon(ib.reqExecutionsAsync(ExecutionFilter(**wanted)))
        return [fill.contract.symbol for fill in fills]

    assert await symbols() == ["AAPL", "EUR"]
    assert await symbols(symbol="EUR") == ["EUR"]
    assert await symbols(secType="STK") == ["AAPL"]
    assert await symbols(side="SELL") == ["EUR"]
    assert await symbols(exchange="ISLAND") == ["AAPL"]
    assert await symbols(acctCode="DU7") == []
    assert await symbols(clientId=1) == ["AAPL", "EUR"]
    assert await symbols(clientId=2) == []
    assert await symbols(time="20200101-00:00:00") == ["AAPL", "EUR"]
    assert await symbols(time="20380101-00:00:00") == []


async def test_a_client_that_comes_later_reads_fills_with_their_commission(running: Running, apple: Contract) -> None:
    first = await running.connect(1)
    trade = first.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY", orderRef="ours-1"))
    await settled(first, trade, "Filled")
    first.disconnect()
    await running.gone(1)
    [fill] = (await running.connect(1)).fills()
    assert (fill.execution.orderRef, fill.commissionReport.commission) == ("ours-1", 1.0)
    assert fill.execution.time.utcoffset() is not None


async def test_an_order_is_written_down_before_it_is_answered(running: Running, raw: RawClient) -> None:
    ib = await running.connect(3)
    seen: list[int] = []
    ib.openOrderEvent += lambda _trade: seen.append(len(running.rows("order")))
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), LimitOrder("BUY", 1, FAR_BELOW, tif="DAY", orderRef="ours-1"))
    await settled(ib, trade, "Submitted")
    assert seen == [1]
    [row] = running.rows("order")
    assert (row["order_ref"], row["client_id"], row["order_id"], row["perm_id"]) == (
        "ours-1",
        3,
        trade.order.orderId,
        trade.order.permId,
    )
    assert (row["con_id"], row["symbol"]) == (0, "AAPL")
    assert (row["side"], row["quantity"], row["limit_price"], row["time_in_force"]) == ("BUY", "1", "100", "DAY")


async def test_an_order_with_a_field_too_many_is_refused_as_unreadable(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, MarketOrder("BUY", 1, tif="DAY", orderRef="a\0b"))
    await answered(ib)
    assert errors.codes(order_id) == [320]
    assert running.rows("order") == []


@pytest.mark.parametrize("field", ["lmtPrice", "auxPrice", "trailStopPrice", "triggerPrice", "cashQty"])
async def test_a_number_that_is_none_is_refused_before_anything_happens(
    running: Running, ib: IB, apple: Contract, errors: Errors, field: str
) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, MarketOrder("BUY", 1, tif="DAY", **{field: "many"}))
    await answered(ib)
    assert errors.codes(order_id) == [320]
    assert running.rows("order") == []


async def test_perm_ids_and_execution_ids_are_unique(running: Running, ib: IB, apple: Contract) -> None:
    for _ in range(10):
        last = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, last, "Filled")
    rows = running.rows("execution")
    assert len({row["exec_id"] for row in rows}) == len({row["perm_id"] for row in rows}) == 10
