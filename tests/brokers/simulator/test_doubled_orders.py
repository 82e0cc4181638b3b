"""A modify that leaves two broker orders behind one order id and one reference, as has been seen after an outage."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import IB, Contract, LimitOrder, Trade

from brokers.simulator.orders.order import Order
from brokers.simulator.scenario.steps import parse_step
from tests.brokers.simulator.conftest import Errors, Running, answered, settled, soon, started, stopped

OPEN_ORDER = "5"


@pytest.fixture
async def placed(ib: IB, apple: Contract) -> Trade:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 180.0, tif="GTC", orderRef="ours-1"))
    await settled(ib, trade, "Submitted")
    return trade


async def doubled(running: Running, ib: IB, placed: Trade) -> list[Order]:
    """The older order and the newer one."""
    await running.scenario.do("double_modifies")
    modify(ib, placed, 181.0)
    await answered(ib)
    older, newer = running.gateway.orders.open()
    return [older, newer]


def modify(ib: IB, trade: Trade, limit: float) -> None:
    trade.order.lmtPrice = limit
    ib.placeOrder(trade.contract, trade.order)


async def test_two_perm_ids_stand_behind_one_id_and_reference(running: Running, ib: IB, placed: Trade) -> None:
    older, newer = await doubled(running, ib, placed)
    # The library's own book has one place for both, and forgets the older.
    assert placed.order.permId == newer.perm_id != older.perm_id
    assert {(one.order_id, one.order_ref) for one in (older, newer)} == {(placed.order.orderId, "ours-1")}
    assert (older.limit_price, newer.limit_price) == (Decimal(180), Decimal(181))
    [row] = [row for row in running.rows("order") if row["event"] == "doubled"]
    assert (row["perm_id"], row["order_ref"]) == (newer.perm_id, "ours-1")


async def test_a_client_is_told_of_both(running: Running, ib: IB, placed: Trade) -> None:
    older, newer = await doubled(running, ib, placed)
    raw = await running.raw()
    await raw.start(client_id=2)
    raw.send(16, 1)
    told = [fields for fields in await raw.receive_until(lambda fields: fields[0] == "53") if fields[0] == OPEN_ORDER]
    assert [fields[1] for fields in told] == [str(placed.order.orderId)] * 2
    for order, fields in zip((older, newer), told, strict=True):
        assert str(order.perm_id) in fields


async def test_a_modify_that_comes_while_the_link_is_down_becomes_a_second_order_when_it_is_up_again(
    running: Running, ib: IB, placed: Trade, errors: Errors
) -> None:
    running.scenario.plan([parse_step({"when": "placeOrder", "nth": 2, "before": True, "do": "drop_link"})])
    await running.scenario.do("double_modifies")
    modify(ib, placed, 181.0)
    await answered(ib)
    assert len(running.gateway.orders.open()) == 1
    await running.scenario.do("restore_link")
    await answered(ib)
    assert len({order.perm_id for order in running.gateway.orders.open()}) == 2
    assert [code for _, code, _ in errors.heard] == [1100, 1102]


async def test_the_next_modify_changes_the_newer_order_alone(running: Running, ib: IB, placed: Trade) -> None:
    older, newer = await doubled(running, ib, placed)
    modify(ib, placed, 182.0)
    await answered(ib)
    assert (older.limit_price, newer.limit_price) == (Decimal(180), Decimal(182))
    assert len(running.gateway.orders.open()) == 2


async def test_a_cancel_ends_the_newer_and_another_one_the_older(
    running: Running, ib: IB, placed: Trade, errors: Errors
) -> None:
    older, newer = await doubled(running, ib, placed)
    for left in ([older], []):
        ib.client.cancelOrder(placed.order.orderId, "")
        await answered(ib)
        assert running.gateway.orders.open() == left
    assert (newer.status, older.status) == ("Cancelled", "Cancelled")
    assert errors.codes(placed.order.orderId) == [202, 202]


async def test_the_older_is_what_the_id_means_when_the_newer_was_filled(
    running: Running, ib: IB, placed: Trade
) -> None:
    older, newer = await doubled(running, ib, placed)
    await running.scenario.do("fill", order=str(newer.perm_id), price="180.5")
    modify(ib, placed, 179.0)
    await answered(ib)
    assert running.gateway.orders.open() == [older]
    assert older.limit_price == Decimal(179)


async def test_executions_of_each_have_its_own_perm_id(running: Running, ib: IB, placed: Trade) -> None:
    for order in await doubled(running, ib, placed):
        await running.scenario.do("fill", order=str(order.perm_id), quantity=4, price="180")
    fills = await soon(ib.reqExecutionsAsync())
    assert len({fill.execution.permId for fill in fills}) == 2
    assert {(fill.execution.orderId, fill.execution.orderRef) for fill in fills} == {(placed.order.orderId, "ours-1")}


async def test_a_restarted_gateway_knows_both_and_which_one_the_id_means(
    running: Running, ib: IB, placed: Trade, tmp_path: Path
) -> None:
    older, newer = await doubled(running, ib, placed)
    await stopped(running)
    again = await started(running.ledger)
    assert [order.perm_id for order in again.gateway.orders.open()] == [older.perm_id, newer.perm_id]
    for perm_id in (newer.perm_id, older.perm_id):
        meant = again.gateway.orders.get(1, placed.order.orderId)
        assert meant is not None
        assert meant.perm_id == perm_id
        again.gateway.desk.cancel(1, placed.order.orderId)
    assert again.gateway.orders.open() == []
    await stopped(again)


async def test_a_modify_of_what_is_filled_is_refused_all_the_same(
    running: Running, ib: IB, placed: Trade, errors: Errors
) -> None:
    await running.scenario.do("double_modifies")
    await running.scenario.do("fill", order="ours-1", price="180")
    modify(ib, placed, 181.0)
    await answered(ib)
    assert errors.codes(placed.order.orderId) == [104]
    assert running.gateway.orders.open() == []


async def test_only_so_many_modifies_are_doubled(running: Running, ib: IB, placed: Trade) -> None:
    await running.scenario.do("double_modifies", count=2)
    for limit in (181.0, 182.0, 183.0):
        modify(ib, placed, limit)
    await answered(ib)
    limits = [order.limit_price for order in running.gateway.orders.open()]
    assert limits == [Decimal(180), Decimal(181), Decimal(183)]
