"""Orders as the real client sees them, and as the ledger wrote them down."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, ExecutionFilter, LimitOrder, MarketOrder, Order, Stock
from ib_insync.wrapper import RequestError

from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, settled, soon, until
from tests.brokers.simulator.order_scenes import step, steps_until

FAR_BELOW = 100.0
FAR_ABOVE = 300.0


def bid_of(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).bid)


def ask_of(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).ask)


def offered(running: Running, contract: Contract) -> float:
    """How much the whole book offers."""
    return float(sum(level.size for level in running.gateway.market.book(contract.conId).asks))


async def test_a_market_order_fills_at_the_book_at_once(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY", orderRef="ours-1"))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    [fill] = trade.fills
    assert trade.orderStatus.status == "Filled"
    assert trade.orderStatus.avgFillPrice == fill.execution.price == ask_of(running, apple)
    assert (fill.execution.shares, fill.execution.side, fill.execution.orderRef) == (10.0, "BOT", "ours-1")
    assert (fill.commissionReport.commission, fill.commissionReport.currency) == (1.0, "USD")


async def test_a_sale_gets_the_bid(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, MarketOrder("SELL", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice == bid_of(running, apple)
    assert trade.fills[0].execution.side == "SLD"


async def test_a_marketable_limit_fills_at_the_market_and_not_at_its_limit(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_ABOVE, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice == ask_of(running, apple)


async def test_a_limit_away_from_the_market_rests_as_submitted(ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC"))
    await settled(ib, trade, "Submitted")
    assert (trade.orderStatus.filled, trade.orderStatus.remaining) == (0.0, 10.0)
    assert trade.order.permId > 0
    assert [one.order.lmtPrice for one in ib.openTrades()] == [FAR_BELOW]


async def test_a_resting_limit_fills_when_the_market_crosses_it(running: Running, ib: IB, apple: Contract) -> None:
    limit = bid_of(running, apple)
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, limit, tif="DAY"))
    await settled(ib, trade, "Submitted")
    for _ in range(2000):
        running.gateway.market.step()
        if not running.gateway.orders.open():
            break
    await settled(ib, trade, "Filled")
    assert trade.orderStatus.avgFillPrice <= limit


async def test_a_market_order_walks_through_the_book_and_its_average_is_that_of_its_fills(
    running: Running, ib: IB, apple: Contract
) -> None:
    first, second, third, *_ = running.gateway.market.book(apple.conId).asks
    wanted = first.size + second.size + 10
    trade = ib.placeOrder(apple, MarketOrder("BUY", float(wanted), tif="DAY"))
    await settled(ib, trade, "Filled")
    expected = [(first.price, first.size), (second.price, second.size), (third.price, 10)]
    assert [(fill.execution.price, fill.execution.shares) for fill in trade.fills] == [
        (float(price), float(size)) for price, size in expected
    ]
    average = sum(price * size for price, size in expected) / wanted
    assert trade.orderStatus.avgFillPrice == trade.fills[-1].execution.avgPrice == pytest.approx(float(average))


async def test_more_than_is_displayed_fills_in_parts(running: Running, ib: IB, apple: Contract) -> None:
    displayed = offered(running, apple)
    wanted = int(displayed) + 500
    trade = ib.placeOrder(apple, MarketOrder("BUY", wanted, tif="DAY"))
    await until(ib, lambda: trade.orderStatus.filled == displayed)
    assert trade.orderStatus.status == "Submitted"
    while running.gateway.orders.open():
        running.gateway.market.step()
    await settled(ib, trade, "Filled")
    assert sum(fill.execution.shares for fill in trade.fills) == wanted
    assert [fill.execution.cumQty for fill in trade.fills][-1] == wanted


async def test_two_orders_share_what_is_displayed(running: Running, ib: IB, apple: Contract) -> None:
    displayed = offered(running, apple)
    first = ib.placeOrder(apple, MarketOrder("BUY", displayed - 50, tif="DAY"))
    second = ib.placeOrder(apple, MarketOrder("BUY", 80, tif="DAY"))
    await until(ib, lambda: second.orderStatus.filled > 0)
    assert (first.orderStatus.status, second.orderStatus.status) == ("Filled", "Submitted")
    assert second.orderStatus.filled == 50.0


async def test_the_better_limit_is_served_before_the_older_order(running: Running, ib: IB, apple: Contract) -> None:
    now = running.gateway.market.quote(apple.conId)
    better = now.ask - Decimal("0.05")
    ahead = steps_until(running, apple.conId, lambda quote: quote.ask <= better)
    there = running.gateway.market.walk(apple.conId).book(running.gateway.market.steps + ahead).asks
    all_of_it = float(sum(level.size for level in there if level.price <= better))
    older = ib.placeOrder(apple, LimitOrder("BUY", all_of_it, float(better - Decimal("0.01")), tif="GTC"))
    best = ib.placeOrder(apple, LimitOrder("BUY", all_of_it, float(better), tif="GTC"))
    await settled(ib, best, "Submitted")
    step(running, ahead)
    await settled(ib, best, "Filled")
    assert older.orderStatus.filled == 0


async def test_the_markets_next_step_shows_new_sizes_even_when_nobody_waited_for_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = running.gateway.market.quote(apple.conId)
    first = ib.placeOrder(apple, LimitOrder("BUY", float(now.ask_size), float(now.ask), tif="IOC"))
    await settled(ib, first, "Filled")
    step(running, steps_until(running, apple.conId, lambda quote: quote.ask == now.ask))
    shown = float(running.gateway.market.quote(apple.conId).ask_size)
    second = ib.placeOrder(apple, LimitOrder("BUY", shown, float(now.ask), tif="FOK"))
    await settled(ib, second, "Filled")


async def test_an_immediate_or_cancel_order_loses_its_rest(running: Running, ib: IB, apple: Contract) -> None:
    displayed = float(running.gateway.market.quote(apple.conId).ask_size)
    trade = ib.placeOrder(apple, LimitOrder("BUY", displayed + 100, ask_of(running, apple), tif="IOC"))
    await settled(ib, trade, "Cancelled")
    assert (trade.orderStatus.filled, trade.orderStatus.remaining) == (displayed, 100.0)


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
