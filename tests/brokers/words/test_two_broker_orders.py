"""A change that was sent while the link broke can leave two of IB's orders behind one of ours. Both are kept."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from brokers.domain import OrderStatus, OrderUpdate
from brokers.interactive_brokers.orders.seen import Seen
from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import CANCEL, OPEN_ORDERS, place_live, raise_limit

FIRST, SECOND = 501, 502


def of(perm_id: int, recorder: Recorder) -> list[OrderUpdate]:
    return [update for update in recorder.updates if update.perm_id == perm_id]


async def changed_in_an_outage(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, *, another_id: bool
) -> tuple[str, str]:
    """The order ids of the two, as IB shows them after the reconnect: the old limit is 10, the new one 11."""
    first = await place_live(node, gateway, recorder)
    await raise_limit(node, gateway)
    gateway.hang_up()
    await recorder.until(lambda: node.link is LinkState.DOWN)
    await node.connect()
    second = str(int(first) + 7) if another_id else first
    reading = asyncio.create_task(node.execution.read_open_orders())
    await gateway.next(OPEN_ORDERS)
    gateway.open_order(first, orderRef="ours-1", permId=FIRST, lmtPrice=10.0)
    gateway.open_order(second, orderRef="ours-1", permId=SECOND, lmtPrice=11.0)
    gateway.say(53, 1)
    assert (await reading) == Seen(frozenset({"ours-1"}), frozenset({FIRST, SECOND}))
    return first, second


@pytest.mark.parametrize("another_id", [False, True], ids=["under one order id", "under two"])
async def test_both_are_told_with_their_own_terms_and_each_has_its_own_end(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, *, another_id: bool
) -> None:
    first, second = await changed_in_an_outage(node, gateway, recorder, another_id=another_id)
    assert (of(FIRST, recorder)[-1].limit_price, of(SECOND, recorder)[-1].limit_price) == (Decimal(10), Decimal(11))
    gateway.execution(second, "0002.01.01", perm_id=SECOND, ref="ours-1", shares=10, price=11)
    gateway.execution(first, "0001.01.01", perm_id=FIRST, ref="ours-1", shares=4, price=10)
    await recorder.until(lambda: of(FIRST, recorder)[-1].filled_quantity)
    ends = [of(perm_id, recorder)[-1] for perm_id in (FIRST, SECOND)]
    assert [(one.status, one.filled_quantity) for one in ends] == [
        (OrderStatus.SUBMITTED, Decimal(4)),
        (OrderStatus.FILLED, Decimal(10)),
    ]
    assert {one.order_ref for one in ends} == {"ours-1"}
    assert {report.perm_id for report in recorder.executions} == {FIRST, SECOND}


@pytest.mark.parametrize("another_id", [False, True], ids=["under one order id", "under two"])
async def test_a_cancel_reaches_both(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, *, another_id: bool
) -> None:
    ids = await changed_in_an_outage(node, gateway, recorder, another_id=another_id)
    node.execution.cancel("ours-1")
    assert {(await gateway.next(CANCEL))[2] for _ in set(ids)} == set(ids)
    for order_id, perm_id in zip(ids, (FIRST, SECOND), strict=True):
        gateway.order_status(order_id, "Cancelled", perm_id=perm_id)
    await recorder.until(lambda: of(SECOND, recorder)[-1].status is OrderStatus.CANCELLED)
    assert of(FIRST, recorder)[-1].status is OrderStatus.CANCELLED
