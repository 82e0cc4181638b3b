"""Orders of several accounts behind one login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ib_insync import IB, Contract, ExecutionFilter, LimitOrder, MarketOrder

from tests.brokers.simulator.conftest import Errors, Running, answered, left, settled, soon, started, stopped

FIRST, SECOND = "DU1000001", "DU1000002"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", accounts=2)
    yield one
    await stopped(one)


def held(running: Running, account: str) -> list[tuple[int, int]]:
    return [(one.instrument.con_id, int(one.quantity)) for one in running.gateway.accounts_by_code[account].positions()]


async def test_an_order_must_say_which_account_it_is_for(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, MarketOrder("BUY", 10, tif="DAY"))
    await answered(ib)
    assert errors.codes(order_id) == [435]
    assert running.rows("status") == []


async def test_executions_and_positions_are_the_orders_accounts(running: Running, ib: IB, apple: Contract) -> None:
    first = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY", account=FIRST))
    second = ib.placeOrder(apple, MarketOrder("BUY", 20, tif="DAY", account=SECOND))
    await settled(ib, second, "Filled")
    assert [trade.fills[0].execution.acctNumber for trade in (first, second)] == [FIRST, SECOND]
    assert held(running, FIRST) == [(apple.conId, 10)]
    assert held(running, SECOND) == [(apple.conId, 20)]
    [found] = await soon(ib.reqExecutionsAsync(ExecutionFilter(acctCode=SECOND)))
    assert found.execution.shares == 20


async def test_twenty_working_orders_are_each_accounts_own(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    for account in (FIRST, SECOND):
        for _ in range(20):
            ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="DAY", account=account))
    one_more = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="DAY", account=SECOND))
    other_side = ib.placeOrder(apple, LimitOrder("SELL", 1, 290.0, tif="DAY", account=SECOND))
    await settled(ib, other_side, "Submitted")
    assert errors.codes(one_more.order.orderId) == [201]
    assert len(running.gateway.orders.open()) == 41


async def test_an_order_stays_with_its_account(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="DAY", account=FIRST))
    await settled(ib, trade, "Submitted")
    trade.order.account = SECOND
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [105]


async def test_a_restart_knows_whose_everything_is(running: Running, ib: IB, apple: Contract) -> None:
    resting = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC", account=SECOND))
    filled = ib.placeOrder(apple, MarketOrder("BUY", 20, tif="DAY", account=SECOND))
    await settled(ib, filled, "Filled")
    running.gateway.desk.elsewhere.fill(con_id=apple.conId, side="BUY", quantity=5, account=SECOND)
    await left(ib)
    await stopped(running)
    again = await started(running.ledger, accounts=2)
    [order] = again.gateway.orders.open()
    assert (order.account, order.perm_id) == (SECOND, resting.order.permId)
    assert held(again, SECOND) == [(apple.conId, 25)]
    assert held(again, FIRST) == []
    await stopped(again)
