"""Two of the broker's orders behind one of ours, which a modify in an outage can leave: neither is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from brokers.domain import Instrument, OrderChange, OrderRequest, OrderStatus, OrderUpdate
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from brokers.simulator.scenario.steps import parse_step
from tests.brokers.execution.conftest import node_at, order
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running, became

OLD_LIMIT, NEW_LIMIT = Decimal(150), Decimal(151)

# The perm ids of the older and of the newer one.
Both = tuple[int, int]


@pytest.fixture
async def placed(node: TradingNode, recorder: Recorder, aapl: Instrument) -> OrderRequest:
    request = order(limit_price=OLD_LIMIT)
    node.execution.place(request, aapl)
    await recorder.update(request.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    return request


@pytest.fixture
async def both(running: Running, node: TradingNode, recorder: Recorder, placed: OrderRequest) -> Both:
    """The modify left while the link stood, and reached IB when it stood again: IB took it for a new order."""
    modify = {"when": "placeOrder", "nth": len(running.rows("order")) + 1, "before": True}
    running.scenario.plan([parse_step(modify | {"do": "drop_link"})])
    await running.scenario.do("double_modifies")
    node.execution.modify(OrderChange(placed.client_order_id, limit_price=NEW_LIMIT))
    await became(lambda: not running.gateway.link.is_up)
    await running.scenario.do("restore_link")
    await became(lambda: len(running.gateway.orders.open()) == 2)
    older, newer = (one.perm_id for one in running.gateway.orders.open())
    await recorder.until(lambda: told(recorder, newer))
    return older, newer


def told(recorder: Recorder, perm_id: int) -> OrderUpdate | None:
    """What was told last of one of the broker's orders."""
    return next((update for update in reversed(recorder.updates) if update.perm_id == perm_id), None)


async def ended(recorder: Recorder, perm_id: int, status: OrderStatus) -> OrderUpdate:
    def found() -> OrderUpdate | None:
        update = told(recorder, perm_id)
        return update if update is not None and update.status is status else None

    return await recorder.until(found)


async def test_both_are_told_with_their_own_terms_and_our_reference(
    node: TradingNode, recorder: Recorder, placed: OrderRequest, both: Both
) -> None:
    recorder.updates.clear()
    await node.resync()
    older, newer = (told(recorder, perm_id) for perm_id in both)
    assert older is not None
    assert newer is not None
    assert (older.order_ref, newer.order_ref) == (placed.client_order_id, placed.client_order_id)
    assert (older.limit_price, newer.limit_price) == (OLD_LIMIT, NEW_LIMIT)
    assert (older.status, newer.status) == (OrderStatus.SUBMITTED, OrderStatus.SUBMITTED)


async def test_a_fill_of_each_is_its_own(
    running: Running, recorder: Recorder, placed: OrderRequest, both: Both
) -> None:
    for perm_id, price in zip(both, ("149.5", "150.5"), strict=True):
        await running.scenario.do("fill", order=str(perm_id), price=price)
    for perm_id, price in zip(both, ("149.5", "150.5"), strict=True):
        update = await ended(recorder, perm_id, OrderStatus.FILLED)
        assert (update.filled_quantity, update.average_fill_price) == (Decimal(10), Decimal(price))
    assert {(one.perm_id, one.order_ref) for one in recorder.executions} == {
        (perm_id, placed.client_order_id) for perm_id in both
    }


async def test_when_one_is_filled_the_other_works_on_and_can_be_changed(
    running: Running, node: TradingNode, recorder: Recorder, placed: OrderRequest, both: Both
) -> None:
    older, newer = both
    await running.scenario.do("fill", order=str(newer), price="150")
    await ended(recorder, newer, OrderStatus.FILLED)
    await node.resync()
    node.execution.modify(OrderChange(placed.client_order_id, limit_price=Decimal(149)))
    await recorder.until(lambda: (update := told(recorder, older)) and update.limit_price == Decimal(149))
    [working] = running.gateway.orders.open()
    assert working.perm_id == older


async def test_a_cancel_ends_both(
    running: Running, node: TradingNode, recorder: Recorder, placed: OrderRequest, both: Both
) -> None:
    node.execution.cancel(placed.client_order_id)
    for perm_id in both:
        await ended(recorder, perm_id, OrderStatus.CANCELLED)
    assert running.gateway.orders.open() == []
    with pytest.raises(OrderRefused, match="cancelled already"):
        node.execution.cancel(placed.client_order_id)


async def test_both_are_known_again_after_a_reconnect_and_to_the_next_node(
    running: Running, node: TradingNode, recorder: Recorder, placed: OrderRequest, both: Both
) -> None:
    node.drop()
    recorder.updates.clear()
    await node.connect()
    await node.resync()
    assert {update.perm_id for update in recorder.updates} == set(both)
    await node.stop()
    heard = Recorder()
    successor = node_at(running, heard)
    await successor.connect()
    await successor.resync()
    assert {(update.order_ref, update.perm_id) for update in heard.updates} == {
        (placed.client_order_id, perm_id) for perm_id in both
    }
    successor.execution.cancel(placed.client_order_id)
    for perm_id in both:
        await ended(heard, perm_id, OrderStatus.CANCELLED)
    await successor.stop()
