"""What IB says late, twice, too early or of nobody: nothing of it may become an untruth, and no fill may be lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import ExecutionReport, Instrument, OrderChange, OrderStatus
from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.interactive_brokers.orders import reads as order_reads
from brokers.interactive_brokers.orders.seen import Seen
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import NoAnswer, OrderRefused
from brokers.serving import keep_connected
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    COMPLETED_ORDERS,
    EXECUTIONS,
    MARKET_DATA,
    OPEN_ORDERS,
    PLACE,
    REQUEST,
    node_at,
    place,
    place_live,
)

POSITIONS = 61


@pytest.fixture
async def node(
    gateway: ScriptedGateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TradingNode]:
    monkeypatch.setattr(order_reads, "LOOKS_APART", 0.0)
    node = node_at(gateway, recorder)
    await node.connect()
    yield node
    node.drop()


class PlacesWhenUp(Recorder):
    node: TradingNode | None = None

    def on_link(self, state: LinkState) -> None:
        super().on_link(state)
        if self.node is not None and state is LinkState.UP:
            self.node.execution.place(replace(REQUEST, client_order_id="ours-2"), AAPL)


async def test_an_order_that_is_placed_when_the_link_comes_up_has_an_id_of_its_own(gateway: ScriptedGateway) -> None:
    recorder = PlacesWhenUp()
    node = node_at(gateway, recorder)
    await node.connect()
    first = await place_live(node, gateway, recorder)
    node.drop()
    recorder.node = node
    await node.connect()
    assert int((await gateway.next(PLACE))[1]) > int(first)
    node.drop()


async def test_an_error_of_a_stream_is_not_of_the_order_that_has_its_number(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.open_order(request_id, orderRef="old", permId=900, status="PendingSubmit")
    await recorder.update("old", OrderStatus.SUBMITTED)
    gateway.error(request_id, 200)
    gateway.order_status(request_id, "PreSubmitted", perm_id=900)
    await recorder.update("old", OrderStatus.SUBMITTED, "PreSubmitted")
    assert OrderStatus.REJECTED not in {update.status for update in recorder.updates}


async def test_an_error_of_an_order_that_is_not_in_the_book_is_told_and_looked_into(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.error(7000, 201, "Order rejected")
    await recorder.until(lambda: [one for one in recorder.notices if one.code == 201])
    await gateway.next(OPEN_ORDERS)


def position(gateway: ScriptedGateway, size: int) -> None:
    gateway.say(
        61, 3, "DU1000001", 265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS", size, 10.0
    )  # fmt: skip


async def test_a_late_answer_on_positions_is_no_part_of_the_next(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder)
    await node.connect()
    node.execution.place(REQUEST, AAPL)  # so that it is known
    given_up = asyncio.create_task(node.account.read_positions())
    await gateway.next(POSITIONS)
    given_up.cancel()
    await asyncio.wait({given_up})
    reading = asyncio.create_task(node.account.read_positions())
    await gateway.next(POSITIONS)
    position(gateway, 1)
    gateway.say(62, 1)
    position(gateway, 2)
    gateway.say(62, 1)
    assert [one.quantity for one in await reading] == [2]
    node.drop()


async def test_after_an_answer_that_never_came_the_one_after_next_counts(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, request_deadline=0.3)
    await node.connect()
    with pytest.raises(NoAnswer):
        await node.execution.read_open_orders()
    await gateway.next(OPEN_ORDERS)
    for answered in (False, True):
        reading = asyncio.create_task(node.execution.read_open_orders())
        await gateway.next(OPEN_ORDERS)
        gateway.open_order(5, orderRef="x-1", permId=77)
        gateway.say(53, 1)
        if answered:
            assert await reading == Seen(frozenset({"x-1"}), frozenset({77}))
        else:
            with pytest.raises(NoAnswer):
                await reading
    node.drop()


async def test_positions_are_read_one_after_the_other(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    readings = [asyncio.create_task(node.account.read_positions()) for _ in range(2)]
    for size, reading in enumerate(readings, start=1):
        await gateway.next(POSITIONS)
        position(gateway, size)
        gateway.say(62, 1)
        assert [one.quantity for one in await reading] == [size]


@pytest.mark.parametrize("how", ["reconnect", "absent"])
async def test_an_order_that_ib_does_not_show_is_not_changed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, how: str
) -> None:
    order_id = await place_live(node, gateway, recorder)
    if how == "absent":
        node.execution.note_absent(["ours-1"])
    else:
        node.drop()
        await node.connect()
    change = OrderChange(client_order_id="ours-1", limit_price=Decimal(11))
    with pytest.raises(OrderRefused, match="not shown the order on this connection"):
        node.execution.modify(change)
    gateway.order_status(order_id, "PreSubmitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "PreSubmitted")
    node.execution.modify(change)
    assert (await gateway.next(PLACE))[1] == order_id


async def test_an_order_that_is_put_away_after_a_rejecting_code_was_rejected(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "PreSubmitted", perm_id=501)
    gateway.error(order_id, 201, "margin")
    gateway.order_status(order_id, "Cancelled", perm_id=501)
    told = await recorder.until(lambda: recorder.updates and recorder.updates[-1].status.is_final)
    assert told
    assert recorder.updates[-1].status is OrderStatus.REJECTED


async def test_an_order_that_is_held_after_a_refused_cancel_lives(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    gateway.error(order_id, 201, "about the cancel")
    gateway.error(order_id, 161)
    gateway.order_status(order_id, "Inactive", perm_id=501, held="locate")
    await recorder.until(lambda: recorder.updates[-1].ib_status == "Inactive")
    assert recorder.updates[-1].status is OrderStatus.SUBMITTED


async def test_what_is_executed_in_full_is_filled_whatever_was_said_before(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.error(order_id, 201)
    await recorder.update("ours-1", OrderStatus.REJECTED)
    gateway.execution(order_id, "0001.01", ref="ours-1", perm_id=501)
    await recorder.update("ours-1", OrderStatus.FILLED)


class FailsOnce(Recorder):
    fails = True

    def on_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        if self.fails:
            self.fails = False
            raise RuntimeError
        super().on_execution(report, instrument)


async def test_a_fill_that_the_listener_fails_on_is_told_again(gateway: ScriptedGateway) -> None:
    recorder = FailsOnce()
    node = node_at(gateway, recorder)
    await node.connect()
    order_id = await place_live(node, gateway, recorder)
    for _ in range(3):
        gateway.execution(order_id, "0001.01", ref="ours-1", perm_id=501)
    gateway.order_status(order_id, "Filled", perm_id=501, filled=10)
    await recorder.update("ours-1", OrderStatus.FILLED, "Filled")
    assert [report.exec_id for report in recorder.executions] == ["0001.01"]
    node.drop()


@pytest.mark.parametrize("code", [1101, 1102])
async def test_orders_and_executions_are_read_when_ib_is_back(
    node: TradingNode, gateway: ScriptedGateway, code: int
) -> None:
    gateway.error(-1, 1100)
    gateway.error(-1, code)
    gateway.say(55, 1, (await gateway.next(EXECUTIONS))[2])
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)


async def test_a_dropped_node_does_not_come_back(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder)
    await node.connect()
    keeping = asyncio.create_task(keep_connected(node, backoff=Backoff(first=0.1)))
    gateway.hang_up()
    await recorder.until(lambda: LinkState.DOWN in recorder.links)
    node.drop()
    async with asyncio.timeout(5):
        await keeping
    assert recorder.links == [LinkState.UP, LinkState.DOWN]
