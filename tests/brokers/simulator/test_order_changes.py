"""Orders that are cancelled and changed, as the real client sees them."""

from __future__ import annotations

from decimal import Decimal

from ib_insync import IB, Contract, LimitOrder, MarketOrder, Stock

from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, settled, until

FAR_BELOW = 100.0


async def test_a_cancel_is_confirmed_with_a_status_and_with_202(ib: IB, apple: Contract, errors: Errors) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    ib.cancelOrder(trade.order)
    await settled(ib, trade, "Cancelled")
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [202]
    assert ib.openTrades() == []


async def test_cancelling_an_unknown_order_is_refused_with_10147(raw: RawClient) -> None:
    await raw.start()
    raw.send(4, 1, 77, "")
    assert (await raw.receive())[2:4] == ["77", "10147"]


async def test_cancelling_a_filled_order_is_refused_with_10148(raw: RawClient, running: Running) -> None:
    ib = await running.connect(2)
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, trade, "Filled")
    errors = Errors(ib)
    ib.client.cancelOrder(trade.order.orderId)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [10148]


async def test_one_client_can_not_cancel_the_order_of_another(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    other = await running.connect(2)
    errors = Errors(other)
    other.client.cancelOrder(trade.order.orderId)
    await answered(other)
    assert errors.codes(trade.order.orderId) == [10147]
    assert running.gateway.orders.open()


async def test_a_global_cancel_takes_the_orders_of_every_client(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    other = await running.connect(2)
    other.reqGlobalCancel()
    await settled(ib, trade, "Cancelled")
    [row] = running.rows("cancel")
    assert (row["client_id"], row["order_id"]) == (2, None)


async def test_a_modification_keeps_the_perm_id_and_changes_the_terms(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY", orderRef="ours-1"))
    await settled(ib, trade, "Submitted")
    perm_id = trade.order.permId
    trade.order.lmtPrice, trade.order.totalQuantity = FAR_BELOW + 1, 12
    ib.placeOrder(apple, trade.order)
    await until(ib, lambda: trade.orderStatus.remaining == 12)
    [order] = running.gateway.orders.open()
    assert (order.perm_id, order.limit_price, order.quantity) == (perm_id, Decimal(101), Decimal(12))
    assert [row["event"] for row in running.rows("order")] == ["new", "modify"]


async def test_a_bad_modification_leaves_the_order_as_it_was(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    trade.order.lmtPrice = FAR_BELOW + 0.001
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [110]
    [order] = running.gateway.orders.open()
    assert order.limit_price == Decimal(100)


async def test_a_filled_order_can_not_be_modified(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    trade = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, trade, "Filled")
    ib.client.placeOrder(trade.order.orderId, apple, LimitOrder("BUY", 5, FAR_BELOW, tif="DAY"))
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [104]


async def test_the_id_of_a_cancelled_order_is_not_taken_again(ib: IB, apple: Contract, errors: Errors) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    ib.cancelOrder(trade.order)
    await settled(ib, trade, "Cancelled")
    ib.client.placeOrder(trade.order.orderId, apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [202, 103]
