"""Orders that a person places by hand, corrections of executions, and what a gateway does without a word."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, ExecutionFilter, LimitOrder, MarketOrder

from tests.brokers.simulator.conftest import (
    Errors,
    RawClient,
    Running,
    answered,
    left,
    settled,
    soon,
    started,
    stopped,
    until,
)

FAR_BELOW = 100.0


def resting(running: Running, contract: Contract, limit: str = "100"):
    return running.gateway.desk.elsewhere.place(
        con_id=contract.conId, side="BUY", quantity=Decimal(10), order_type="LMT", limit_price=Decimal(limit)
    )


async def test_an_order_placed_by_hand_is_among_all_open_orders_and_nobodys_own(
    running: Running, ib: IB, apple: Contract
) -> None:
    by_hand = resting(running, apple)
    assert await soon(ib.reqOpenOrdersAsync()) == []
    [seen] = await soon(ib.reqAllOpenOrdersAsync())
    assert (seen.order.orderId, seen.order.orderRef, seen.order.clientId) == (0, "", 0)
    assert (seen.order.permId, seen.order.lmtPrice, seen.orderStatus.status) == (by_hand.perm_id, 100.0, "Submitted")


async def test_a_client_can_not_cancel_what_a_person_placed_but_can_cancel_everything(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    resting(running, apple)
    ib.client.cancelOrder(0)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [135]
    ib.reqGlobalCancel()
    await answered(ib)
    assert running.gateway.orders.open() == []


async def test_a_fill_by_hand_moves_positions_and_is_found_among_executions(
    running: Running, ib: IB, apple: Contract
) -> None:
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="BUY", quantity=Decimal(25), price=Decimal("190.25"))
    await until(ib, lambda: bool(ib.positions()))
    assert [(one.contract.conId, one.position) for one in ib.positions()] == [(apple.conId, 25.0)]
    [fill] = await soon(ib.reqExecutionsAsync())
    assert (fill.execution.orderId, fill.execution.orderRef, fill.execution.price) == (0, "", 190.25)
    assert fill.commissionReport.commission == 1.0
    assert ib.fills() == [fill]


async def test_client_0_hears_of_executions_by_hand_as_they_happen(running: Running, apple: Contract) -> None:
    raw = await running.raw()
    await raw.start(0)
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="SELL", quantity=Decimal(5))
    [*_, execution] = await raw.receive_until(lambda fields: fields[0] == "11")
    assert (execution[1], execution[2]) == ("-1", "0")


async def test_client_0_binds_orders_by_hand_and_can_change_and_cancel_them(running: Running, apple: Contract) -> None:
    early = resting(running, apple)
    ib = await running.connect(0)
    await soon(ib.reqOpenOrdersAsync())
    late = resting(running, apple, "101")
    await until(ib, lambda: len(ib.openTrades()) == 2)
    first, second = ib.openTrades()
    assert [one.order.orderId for one in (first, second)] == [-1, -2]
    assert [one.order.permId for one in (first, second)] == [early.perm_id, late.perm_id]
    ib.client.placeOrder(-1, apple, LimitOrder("BUY", 10, 102.0, tif="DAY"))
    await answered(ib)
    assert early.limit_price == 102
    ib.client.cancelOrder(-2)
    await until(ib, lambda: second.orderStatus.status == "Cancelled")
    assert [one.perm_id for one in running.gateway.orders.open()] == [early.perm_id]


async def test_binding_is_said_with_the_perm_id(running: Running, apple: Contract) -> None:
    by_hand = resting(running, apple)
    raw = await running.raw()
    await raw.start(0)
    raw.send(5, 1)
    messages = await raw.receive_until(lambda fields: fields[0] == "53")
    assert [message for message in messages if message[0] == "100"] == [["100", str(by_hand.perm_id), "0", "-1"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"con_id": 1},
        {"side": "HOLD"},
        {"quantity": Decimal(0)},
        {"account": "DU999"},
    ],
)
def test_a_hook_says_what_it_was_given_wrongly(running: Running, wrong: dict) -> None:
    terms = {"con_id": 265598, "side": "BUY", "quantity": Decimal(1)} | wrong
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        running.gateway.desk.elsewhere.fill(**terms)


async def test_a_restart_knows_orders_and_fills_by_hand_and_their_binding(running: Running, apple: Contract) -> None:
    resting(running, apple)
    client = await running.connect(0)
    await soon(client.reqOpenOrdersAsync())
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="BUY", quantity=Decimal(5))
    await left(client)
    await stopped(running)
    again = await started(running.ledger)
    [bound] = again.gateway.orders.open()
    assert bound is again.gateway.orders.get(0, -1)
    assert [one.quantity for one in again.gateway.account.positions()] == [5]
    await stopped(again)


async def test_completed_orders_by_hand_are_left_out_for_who_wants_those_of_the_api_alone(
    running: Running, ib: IB, apple: Contract
) -> None:
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="BUY", quantity=Decimal(5))
    assert await soon(ib.reqCompletedOrdersAsync(True)) == []
    [done] = await soon(ib.reqCompletedOrdersAsync(False))
    assert (done.orderStatus.status, done.order.filledQuantity) == ("Filled", 5.0)


async def test_a_dropped_order_gets_no_word_and_never_exists(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    running.gateway.desk.drop_silently(1)
    lost = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    kept = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, kept, "Filled")
    assert lost.orderStatus.status == "PendingSubmit"
    assert errors.codes(lost.order.orderId) == []
    assert [row["event"] for row in running.rows("order")] == ["dropped", "new"]
    assert await soon(ib.reqAllOpenOrdersAsync()) == []


async def test_a_gateway_whose_ids_rolled_back_hands_them_out_again_and_two_orders_share_one(
    running: Running, ib: IB, apple: Contract
) -> None:
    first = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC", orderRef="first"))
    await settled(ib, first, "Submitted")
    taken = first.order.orderId
    await left(ib)
    await running.gone(1)
    running.gateway.orders.roll_back_ids(taken)
    raw = await running.raw()
    await raw.greet()
    raw.send(71, 2, 1, "")
    messages = await raw.receive_until(lambda fields: fields[0] == "9")
    assert messages[-1][2] == str(taken)
    other = await running.connect(2)
    other.client.placeOrder(taken, apple, LimitOrder("BUY", 5, FAR_BELOW, tif="GTC", orderRef="second"))
    await answered(other)
    assert {one.order_ref for one in running.gateway.orders.open()} == {"first", "second"}
    assert {one.order_id for one in running.gateway.orders.open()} == {taken}


async def test_a_correction_repeats_the_execution_with_a_higher_last_part(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    [fill] = trade.fills
    price = Decimal(str(fill.execution.price)) + 1
    cash = running.gateway.account.cash["USD"]
    running.gateway.desk.correct(fill.execution.execId, price=price)
    await until(ib, lambda: len(trade.fills) == 2 and bool(trade.fills[1].commissionReport.execId))
    corrected = trade.fills[1]
    assert fill.execution.execId.endswith(".01")
    assert corrected.execution.execId == fill.execution.execId[:-2] + "02"
    assert (corrected.execution.price, corrected.execution.shares) == (float(price), 10.0)
    assert corrected.execution.avgPrice == float(price)
    assert corrected.commissionReport.commission == 1.0
    assert running.gateway.account.cash["USD"] == cash - 10
    [position] = running.gateway.account.positions()
    assert position.average_cost == price + Decimal("0.1")


async def test_only_the_newest_correction_is_among_executions_and_a_restart_keeps_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, trade, "Filled")
    [row] = running.rows("execution")
    for change in (1, 2):
        running.gateway.desk.correct(row["exec_id"], price=Decimal(row["price"]) + change)
    [fill] = await soon(ib.reqExecutionsAsync(ExecutionFilter(symbol="AAPL")))
    assert (fill.execution.execId[-3:], fill.execution.price) == (".03", float(Decimal(row["price"]) + 2))
    before = running.gateway.account
    await left(ib)
    await stopped(running)
    again = await started(running.ledger)
    assert again.gateway.account.cash == before.cash
    [execution] = again.gateway.orders.executions
    assert (execution.exec_id[-3:], execution.price) == (".03", Decimal(row["price"]) + 2)
    assert again.gateway.orders.commissions.keys() == {execution.exec_id}
    await stopped(again)


async def test_a_corrected_sale_changes_what_it_realized(running: Running, ib: IB, apple: Contract) -> None:
    bought = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    sold = ib.placeOrder(apple, MarketOrder("SELL", 10, tif="DAY"))
    await until(ib, lambda: bool(sold.fills and sold.fills[0].commissionReport.execId))
    before = sold.fills[0].commissionReport.realizedPNL
    price = Decimal(str(sold.fills[0].execution.price)) + 1
    running.gateway.desk.correct(sold.fills[0].execution.execId, price=price)
    await until(ib, lambda: len(sold.fills) == 2 and bool(sold.fills[1].commissionReport.execId))
    assert sold.fills[1].commissionReport.realizedPNL == pytest.approx(before + 10)
    assert bought.orderStatus.status == "Filled"


def test_an_execution_that_nobody_knows_can_not_be_corrected(running: Running) -> None:
    with pytest.raises(ValueError, match=r"a\.b\.01\.01"):
        running.gateway.desk.correct("a.b.01.01", price=Decimal(1))


async def test_manual_orders_are_no_business_of_other_clients_live(
    running: Running, raw: RawClient, apple: Contract
) -> None:
    await raw.start(3)
    resting(running, apple)
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="BUY", quantity=Decimal(5))
    raw.send(49, 1)
    assert [fields[0] for fields in await raw.receive_until(lambda fields: fields[0] == "49")] == ["49"]


async def test_only_client_0_may_have_orders_bound(raw: RawClient) -> None:
    await raw.start(4)
    raw.send(15, 1, 1)
    assert (await raw.receive())[2:4] == ["-1", "321"]


async def test_without_its_wish_nothing_is_bound_to_client_0(running: Running, raw: RawClient, apple: Contract) -> None:
    await raw.start(0)
    raw.send(15, 1, 0)
    raw.send(49, 1)
    await raw.receive_until(lambda fields: fields[0] == "49")
    assert resting(running, apple).order_id == 0


async def test_a_cancel_of_an_order_by_hand_that_is_bound_to_nobody_is_told_to_nobody(
    running: Running, raw: RawClient, apple: Contract
) -> None:
    await raw.start(0)
    running.gateway.desk.withdraw(resting(running, apple), reason="by hand")
    raw.send(49, 1)
    assert [fields[0] for fields in await raw.receive_until(lambda fields: fields[0] == "49")] == ["49"]
