"""Orders that a gateway doesn't take, or takes with a remark."""

from __future__ import annotations

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder, Order, Stock
from ib_insync.wrapper import RequestError

from tests.brokers.simulator.conftest import Errors, Running, answered, settled, soon

FAR_BELOW = 100.0


REFUSED = [
    (LimitOrder("BUY", 10, 150.001, tif="DAY"), 110),
    (LimitOrder("BUY", 10, -5.0, tif="DAY"), 110),
    (Order(action="BUY", totalQuantity=10, orderType="LMT", tif="DAY"), 107),
    (MarketOrder("BUY", 0, tif="DAY"), 434),
    (MarketOrder("BUY", -5, tif="DAY"), 321),
    (MarketOrder("BUY", 1.5, tif="DAY"), 10243),
    (MarketOrder("HOLD", 10, tif="DAY"), 321),
    (MarketOrder("BUY", 10, tif="SOON"), 10052),
    (MarketOrder("BUY", 10, tif="DAY", account="DU999"), 321),
    (MarketOrder("BUY", 10, tif="DAY", parentId=4), 10006),
    (MarketOrder("BUY", 10, tif="DAY", ocaGroup="one", ocaType=4), 321),
    (MarketOrder("BUY", 10, tif="DAY", algoStrategy="Vwap"), 321),
    (MarketOrder("BUY", 10, tif="DAY", cashQty=100.0), 321),
    (MarketOrder("BUY", 10, tif="GTD", goodTillDate="tomorrow"), 343),
    (MarketOrder("BUY", 10, tif="GTD", goodTillDate="20990101 12:00:00 Nowhere/Zone"), 343),
    (MarketOrder("BUY", 10, tif="GTD", goodTillDate="20200101-12:00:00"), 201),
    (Order(action="BUY", totalQuantity=10, orderType="PEG MID", tif="DAY"), 387),
    (Order(action="BUY", totalQuantity=10, orderType="STP", auxPrice=180.0, tif="OPG"), 387),
    (Order(action="BUY", totalQuantity=10, orderType="STP", tif="DAY"), 107),
    (Order(action="BUY", totalQuantity=10, orderType="STP", auxPrice=180.001, tif="DAY"), 110),
    (Order(action="BUY", totalQuantity=10, orderType="STP", auxPrice=180.0, triggerMethod=5, tif="DAY"), 321),
    (Order(action="BUY", totalQuantity=10, orderType="STP", auxPrice=4_000.0, tif="DAY"), 109),
    (Order(action="BUY", totalQuantity=10, orderType="STP", auxPrice=4.0, tif="DAY"), 109),
    (LimitOrder("BUY", 10, 4_000.0, tif="DAY"), 109),
    (Order(action="SELL", totalQuantity=10, orderType="STP LMT", lmtPrice=180.0, tif="DAY"), 107),
    (Order(action="SELL", totalQuantity=10, orderType="STP LMT", auxPrice=180.0, tif="DAY"), 107),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL", tif="DAY"), 107),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=1.001, tif="DAY"), 110),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=1.0, trailingPercent=1.0, tif="DAY"), 321),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL", trailingPercent=100.0, tif="DAY"), 321),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=1.0, trailStopPrice=180.001, tif="DAY"), 110),
    (Order(action="SELL", totalQuantity=10, orderType="TRAIL LIMIT", auxPrice=1.0, tif="DAY"), 107),
    (
        Order(action="SELL", totalQuantity=1, orderType="TRAIL LIMIT", auxPrice=1.0, lmtPriceOffset=0.001, tif="DAY"),
        110,
    ),
]


@pytest.mark.parametrize(
    ("order", "code"), REFUSED, ids=[f"{code}-{order.orderType}-{n}" for n, (order, code) in enumerate(REFUSED)]
)
async def test_an_order_that_can_not_be_taken_is_refused_with_its_code_and_never_placed(
    running: Running, ib: IB, apple: Contract, errors: Errors, order: Order, code: int
) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, order)
    await answered(ib)
    assert errors.codes(order_id) == [code]
    assert running.rows("status") == running.rows("execution") == []
    [refusal] = running.rows("refusal")
    assert (refusal["code"], refusal["order_id"]) == (code, order_id)


async def test_an_order_for_an_unknown_contract_is_refused_with_200(ib: IB, errors: Errors) -> None:
    ib.client.placeOrder(50, Stock("NOPE", "SMART", "USD"), MarketOrder("BUY", 1, tif="DAY"))
    ib.client.placeOrder(51, Contract(symbol="EUR", secType="CASH"), MarketOrder("BUY", 1, tif="DAY"))
    await answered(ib)
    assert (errors.codes(50), errors.codes(51)) == ([200], [200])


async def test_an_order_without_a_time_in_force_gets_the_preset_and_a_notice(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, LimitOrder("BUY", 10, FAR_BELOW))
    await answered(ib)
    assert errors.codes(order_id) == [10349]
    [order] = running.gateway.orders.open()
    assert order.time_in_force == "DAY"


async def test_an_order_beyond_the_accounts_means_ends_as_inactive(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1_000_000, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Inactive")
    assert errors.codes(trade.order.orderId) == [201]
    assert running.gateway.orders.open() == []


async def test_the_twenty_first_working_order_on_one_side_is_refused(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    for _ in range(21):
        ib.placeOrder(apple, LimitOrder("BUY", 1, FAR_BELOW, tif="DAY"))
    await answered(ib)
    assert len(running.gateway.orders.open()) == 20
    assert [code for _, code, _ in errors.heard if code == 201] == [201]


async def test_a_small_currency_order_is_an_odd_lot(ib: IB, euro: Contract, errors: Errors) -> None:
    small = ib.placeOrder(euro, MarketOrder("BUY", 1_000, tif="DAY"))
    large = ib.placeOrder(euro, MarketOrder("BUY", 20_000, tif="DAY"))
    await settled(ib, large, "Filled")
    assert errors.codes(small.order.orderId) == [399]
    assert errors.codes(large.order.orderId) == []
    assert small.orderStatus.status == "Filled"


async def test_a_what_if_order_tells_margin_and_commission_and_places_nothing(
    running: Running, ib: IB, apple: Contract
) -> None:
    state = await soon(ib.whatIfOrderAsync(apple, MarketOrder("BUY", 400, tif="DAY")))
    assert state.commission == 2.0
    assert state.commissionCurrency == "USD"
    assert float(state.initMarginChange) > 0
    assert float(state.equityWithLoanAfter) == float(state.equityWithLoanBefore) - 2
    assert [row["event"] for row in running.rows("order")] == ["what_if"]
    assert running.rows("status") == running.rows("execution") == []
    assert running.gateway.account.positions() == []


async def test_a_refused_what_if_order_is_an_error(ib: IB, apple: Contract) -> None:
    with pytest.raises(RequestError, match="110"):
        await soon(ib.whatIfOrderAsync(apple, LimitOrder("BUY", 1, 1.001, tif="DAY")))
