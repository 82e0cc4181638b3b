"""What happened elsewhere or while the node was away is told, once, when it looks again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import Instrument, OrderSide, OrderStatus, OrderType, OrderUpdate
from brokers.node import TradingNode
from tests.brokers.execution.conftest import FIRST, node_at, order
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running


@pytest.fixture
async def watching(running: Running, recorder: Recorder) -> AsyncIterator[TradingNode]:
    """A node that looks elsewhere all the time."""
    config = {"IB": InteractiveBrokersExecClientConfig(look_elsewhere_every=0.02)}
    node = node_at(running, recorder, exec_clients=config)
    await node.connect()
    yield node
    await node.stop()


async def by_hand(recorder: Recorder, status: OrderStatus) -> OrderUpdate:
    return await recorder.update("", status)


async def test_an_order_placed_by_hand_appears_with_its_terms(
    running: Running, watching: TradingNode, recorder: Recorder
) -> None:
    await running.scenario.do("place_elsewhere", instrument="AAPL", side="SELL", quantity="5", limit_price="250")
    told = await by_hand(recorder, OrderStatus.SUBMITTED)
    assert (told.order_id <= 0, told.perm_id is not None, told.account_code) == (True, True, FIRST)
    assert (told.side, told.quantity, told.limit_price) == (OrderSide.SELL, Decimal(5), Decimal(250))
    assert recorder.instruments[0].con_id == told.con_id


async def test_a_fill_made_by_hand_appears_with_its_commission(
    running: Running, watching: TradingNode, recorder: Recorder
) -> None:
    await running.scenario.do("fill_elsewhere", instrument="AAPL", side="BUY", quantity="5", price="191")
    report = await recorder.until(lambda: recorder.executions and recorder.executions[0])
    assert (report.order_ref, report.quantity, report.price) == ("", Decimal(5), Decimal(191))
    commission = await recorder.until(lambda: recorder.commissions and recorder.commissions[0])
    assert (commission.exec_id, commission.currency) == (report.exec_id, "USD")
    await by_hand(recorder, OrderStatus.FILLED)


async def test_what_ib_did_not_describe_is_told_by_its_contract_and_described_on_the_next_connection(
    running: Running, recorder: Recorder
) -> None:
    await running.scenario.do("place_elsewhere", instrument="AAPL", side="SELL", quantity="5", limit_price="250")
    await running.scenario.do("ignore", message="reqContractDetails")
    node = node_at(running, recorder, request_deadline=0.5)
    await node.connect()
    await node.resync()
    told = await by_hand(recorder, OrderStatus.SUBMITTED)
    assert [(one.con_id, one.is_described) for one in recorder.instruments] == [(told.con_id, False)]
    node.drop()
    await node.connect()
    described = await recorder.until(lambda: len(recorder.instruments) > 1 and recorder.instruments[1])
    assert (described.con_id, described.is_described, described.long_name) == (told.con_id, True, "APPLE INC")
    await node.stop()


async def test_a_fill_made_while_the_node_was_away_is_told_once(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order()
    node.execution.place(request, aapl)
    await recorder.update(request.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    await running.scenario.do("fill", order=request.client_order_id, quantity="4", price="149.5")
    await recorder.until(lambda: recorder.executions)
    node.drop()
    await running.scenario.do("fill", order=request.client_order_id, price="149")
    for _ in range(2):
        await node.connect()
        await node.resync()
        node.drop()
    assert [(one.quantity, one.price) for one in recorder.executions] == [
        (Decimal(4), Decimal("149.5")),
        (Decimal(6), Decimal(149)),
    ]
    assert len(recorder.commissions) == 2
    filled = recorder.updates[-1]
    assert (filled.status, filled.filled_quantity) == (OrderStatus.FILLED, Decimal(10))
    assert Decimal("149.5") not in {one.average_fill_price for one in recorder.updates if one.filled_quantity == 10}
    assert Decimal("149.2") in {one.average_fill_price for one in recorder.updates}
    await node.connect()


async def test_a_correction_is_told_beside_what_it_corrects(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.execution.place(order(OrderType.MKT), aapl)
    await recorder.until(lambda: recorder.executions)
    await running.scenario.do("correct", price="190.01")
    await recorder.until(lambda: len(recorder.executions) == 2)
    first, corrected = recorder.executions
    assert (corrected.execution_key, corrected.correction) == (first.execution_key, first.correction + 1)
    assert corrected.price == Decimal("190.01")


async def test_an_order_that_ib_dropped_in_silence_is_proved_absent(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await running.scenario.do("drop_orders")
    dropped, kept = order(), order()
    node.execution.place(dropped, aapl)
    node.execution.place(kept, aapl)
    await recorder.update(kept.client_order_id, OrderStatus.SUBMITTED)
    refs = {dropped.client_order_id, kept.client_order_id}
    assert await node.prove_absence(refs, apart=0) == {dropped.client_order_id}


async def test_an_order_that_is_over_without_a_fill_is_not_absent(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    cancelled = order()
    node.execution.place(cancelled, aapl)
    await recorder.update(cancelled.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    node.execution.cancel(cancelled.client_order_id)
    await recorder.update(cancelled.client_order_id, OrderStatus.CANCELLED)
    assert await node.prove_absence({cancelled.client_order_id}, apart=0) == frozenset()


async def test_no_order_id_is_used_twice_though_the_gateway_counts_from_the_start_again(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    first, second = order(), order()
    node.execution.place(first, aapl)
    earlier = await recorder.update(first.client_order_id, OrderStatus.SUBMITTED)
    node.drop()
    await running.scenario.do("restart", next_order_id=1)
    await node.connect()
    node.execution.place(second, aapl)
    later = await recorder.update(second.client_order_id, OrderStatus.SUBMITTED)
    assert later.order_id > earlier.order_id
    assert later.perm_id != earlier.perm_id


async def test_an_order_of_an_earlier_node_can_be_changed_by_the_next_one_of_the_same_client_id(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order()
    node.execution.place(request, aapl)
    await recorder.update(request.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    await node.stop()
    heard = Recorder()
    successor = node_at(running, heard)
    await successor.connect()
    await successor.resync()
    successor.execution.cancel(request.client_order_id)
    await heard.update(request.client_order_id, OrderStatus.CANCELLED)
    await successor.stop()
