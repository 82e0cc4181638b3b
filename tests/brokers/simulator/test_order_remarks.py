"""What IB remarks on orders that it takes, and what it turns down: each with its code, the order as it should be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, Crypto, Index, LimitOrder, MarketOrder, Stock

from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Order as BrokerOrder
from tests.brokers.simulator.conftest import Errors, Running, answered, settled
from tests.brokers.simulator.order_scenes import order, quote, step

FAR_BELOW = 100.0
GAMESTOP = Stock("GME", "SMART", "USD", conId=36285627)


def texts(errors: Errors, order_id: int, code: int) -> list[str]:
    return [text for about, number, text in errors.heard if (about, number) == (order_id, code)]


async def refused(ib: IB, contract: Contract, terms) -> int:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, contract, terms)
    await answered(ib)
    return order_id


async def test_a_limit_that_reaches_far_is_capped_and_says_so(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ask = quote(running, apple.conId).ask
    offered = sum(level.size for level in running.gateway.market.book(apple.conId).asks)
    trade = ib.placeOrder(apple, LimitOrder("BUY", float(offered) + 1, float(ask) + 50, tif="DAY"))
    await settled(ib, trade, "Submitted")
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [2161]
    cap = trade.orderStatus.mktCapPrice
    assert float(ask) < cap < float(ask) + 50
    assert f"capped to {cap}" in texts(errors, trade.order.orderId, 2161)[0]


@pytest.mark.parametrize(
    ("side", "limit", "cap", "worst"),
    [
        ("BUY", "300", None, "300"),
        ("BUY", "300", "209", "209"),
        ("BUY", "200", "209", "200"),
        ("SELL", "50", "170", "170"),
        ("SELL", "180", "170", "180"),
    ],
)
def test_the_tighter_of_limit_and_cap_is_the_worst_price(side: str, limit: str, cap: str | None, worst: str) -> None:
    terms = {"action": side, "orderType": "LMT", "lmtPrice": limit, "totalQuantity": "1"}
    one = BrokerOrder(OrderMessage.blank({}, terms), INSTRUMENTS[0], "SMART", 1, 1, "DU1000001")
    one.course.cap = None if cap is None else Decimal(cap)
    assert one.worst_price == Decimal(worst)


async def test_a_limit_too_far_through_the_market_is_cancelled_with_the_reason(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 500.0, tif="DAY"))
    await settled(ib, trade, "Cancelled")
    await answered(ib)
    [text] = texts(errors, trade.order.orderId, 202)
    assert text == "Order Canceled - reason:The limit price is too far outside of NBBO"
    assert running.rows("execution") == []


async def test_what_is_cancelled_at_once_is_not_told_how_it_would_be_taken(
    ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 500.0, tif="DAY"))
    await settled(ib, trade, "Cancelled")
    await answered(ib)
    assert [code for order_id, code, _ in errors.heard if order_id == trade.order.orderId] == [202]


async def test_a_limit_far_on_its_own_side_only_waits(ib: IB, apple: Contract, errors: Errors) -> None:
    low = ib.placeOrder(apple, LimitOrder("BUY", 1, 1.0, tif="DAY"))
    high = ib.placeOrder(apple, LimitOrder("SELL", 1, 1500.0, tif="DAY"))
    await settled(ib, high, "Submitted")
    assert low.orderStatus.status == "Submitted"
    assert [code for _, code, _ in errors.heard if code in (109, 202)] == []


async def test_a_sale_beyond_the_position_is_remarked_on(ib: IB, apple: Contract, errors: Errors) -> None:
    bought = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    closing = ib.placeOrder(apple, LimitOrder("SELL", 10, 290.0, tif="DAY"))
    beyond = ib.placeOrder(apple, LimitOrder("SELL", 11, 290.0, tif="DAY"))
    await settled(ib, beyond, "Submitted")
    assert bought.orderStatus.status == "Filled"
    assert (errors.codes(closing.order.orderId), errors.codes(beyond.order.orderId)) == ([], [2137])


async def test_shares_that_are_hard_to_borrow_are_located_before_they_are_sold(
    running: Running, ib: IB, errors: Errors
) -> None:
    trade = ib.placeOrder(GAMESTOP, MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, trade, "Inactive")
    assert trade.orderStatus.whyHeld == "locate"
    assert errors.codes(trade.order.orderId) == [404]
    assert not trade.isDone()
    step(running, 19)
    await answered(ib)
    assert trade.orderStatus.status == "Inactive"
    step(running)
    await settled(ib, trade, "Filled")


async def test_shares_that_were_found_stay_found_when_the_order_changes(
    running: Running, ib: IB, errors: Errors
) -> None:
    trade = ib.placeOrder(GAMESTOP, LimitOrder("SELL", 10, 40.0, tif="GTC"))
    await settled(ib, trade, "Inactive")
    step(running, 20)
    await settled(ib, trade, "Submitted")
    trade.order.lmtPrice = 41.0
    ib.placeOrder(GAMESTOP, trade.order)
    await answered(ib)
    assert (trade.orderStatus.status, errors.codes(trade.order.orderId)) == ("Submitted", [404])


async def test_what_is_held_needs_no_locating_and_a_located_order_can_be_cancelled(
    running: Running, ib: IB, errors: Errors
) -> None:
    bought = ib.placeOrder(GAMESTOP, MarketOrder("BUY", 10, tif="DAY"))
    sold = ib.placeOrder(GAMESTOP, MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, sold, "Filled")
    short = ib.placeOrder(GAMESTOP, MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, short, "Inactive")
    ib.client.cancelOrder(short.order.orderId)
    await settled(ib, short, "Cancelled")
    assert bought.orderStatus.status == "Filled"
    assert errors.codes(short.order.orderId) == [404, 202]


async def test_a_security_that_is_not_allowed_is_refused(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    running.gateway.desk.permissions.restricted.add(apple.conId)
    assert errors.codes(await refused(ib, apple, MarketOrder("BUY", 1, tif="DAY"))) == [203]


async def test_an_index_is_nothing_that_can_be_ordered(ib: IB, errors: Errors) -> None:
    assert errors.codes(await refused(ib, Index("SPX", "CBOE", "USD"), MarketOrder("BUY", 1, tif="DAY"))) == [203]


async def test_a_login_without_permission_for_a_kind_of_instrument_is_refused(
    running: Running, ib: IB, euro: Contract, apple: Contract, errors: Errors
) -> None:
    running.gateway.desk.permissions.without.add("CASH")
    assert errors.codes(await refused(ib, euro, MarketOrder("BUY", 20_000, tif="DAY"))) == [460]
    assert errors.codes(await refused(ib, apple, MarketOrder("BUY", 1, tif="DAY"))) == []


async def test_less_than_the_smallest_size_is_refused_and_fractions_where_they_are_traded_are_not(
    ib: IB, errors: Errors
) -> None:
    [details] = await ib.reqContractDetailsAsync(Crypto("BTC", "PAXOS", "USD"))
    bitcoin = details.contract
    dust = await refused(ib, bitcoin, MarketOrder("BUY", details.minSize / 2, tif="DAY"))
    assert errors.codes(dust) == [388]
    trade = ib.placeOrder(bitcoin, MarketOrder("BUY", 0.25, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.filled == 0.25


async def test_a_size_between_two_lots_is_rejected(ib: IB, errors: Errors) -> None:
    tencent = Stock("700", "SEHK", "HKD", conId=158662091)
    assert errors.codes(await refused(ib, tencent, MarketOrder("BUY", 150, tif="DAY"))) == [201]
    assert errors.codes(await refused(ib, tencent, MarketOrder("BUY", 50, tif="DAY"))) == [388]


async def test_an_order_id_below_one_is_refused(ib: IB, apple: Contract, errors: Errors) -> None:
    ib.client.placeOrder(-5, apple, MarketOrder("BUY", 1, tif="DAY"))
    await answered(ib)
    assert errors.codes(-5) == [10149]


async def test_a_rejected_order_is_past_cancelling(ib: IB, apple: Contract, errors: Errors) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1_000_000, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Inactive")
    ib.client.cancelOrder(trade.order.orderId)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [201, 161]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": "SELL"}, 105),
        ({"orderType": "MKT"}, 105),
        ({"parentId": 77}, 10006),
        ({"lmtPrice": 100.001}, 110),
        ({"lmtPrice": 5_000.0}, 109),
        ({"lmtPrice": 900.0}, 201),
        ({"totalQuantity": 1_000_000}, 201),
        ({"totalQuantity": 0}, 434),
        ({"account": "DU999"}, 321),
        ({"transmit": False}, 321),
    ],
)
async def test_a_rejected_change_leaves_the_order_as_it_was(
    running: Running, ib: IB, apple: Contract, errors: Errors, changes: dict, code: int
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    for name, value in changes.items():
        setattr(trade.order, name, value)
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [code]
    [alive] = running.gateway.orders.open()
    assert (alive.status, alive.quantity, alive.limit_price, alive.side) == ("Submitted", 10, Decimal(100), "BUY")


async def test_another_instrument_under_a_known_id_is_no_change_of_that_order(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    ib.placeOrder(Stock("MSFT", "SMART", "USD"), trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [105]


async def test_the_increment_is_that_of_the_exchange_and_of_the_price(ib: IB, errors: Errors) -> None:
    sap = Stock("SAP", "IBIS", "EUR", conId=14204)
    fine = ib.placeOrder(sap, LimitOrder("BUY", 1, 49.99, tif="DAY"))
    await settled(ib, fine, "Submitted")
    assert errors.codes(await refused(ib, sap, LimitOrder("BUY", 1, 150.01, tif="DAY"))) == [110]
    assert errors.codes(await refused(ib, sap, LimitOrder("BUY", 1, 150.02, tif="DAY"))) == []


async def test_stop_prices_meet_the_increment_too_and_a_modified_one_as_well(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, order("STP", "SELL", auxPrice=150.0))
    await settled(ib, trade, "PreSubmitted")
    trade.order.auxPrice = 150.005
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [110]
    [alive] = running.gateway.orders.open()
    assert alive.message.terms["auxPrice"] == "150.0"
