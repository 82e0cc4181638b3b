"""Which order IB means: by our reference, then its permanent id, and never by the order id alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import OrderStatus
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    CANCEL,
    DETAILS,
    EXECUTIONS,
    MARKET_DATA,
    OPEN_ORDERS,
    REQUEST,
    node_at,
    place,
    place_live,
)

UNSET_ORDER_ID = 2147483647


async def test_two_orders_under_one_reference_stay_two(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, orderRef="mine", permId=901, clientId=0, status="Cancelled")
    gateway.open_order(0, orderRef="mine", permId=902, clientId=0, status="Submitted")
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.until(lambda: len(recorder.updates) == 2)
    assert [(update.perm_id, update.status) for update in recorder.updates] == [
        (901, OrderStatus.CANCELLED),
        (902, OrderStatus.SUBMITTED),
    ]


async def test_an_order_id_that_a_restarted_gateway_gave_out_again_hits_one_order_only(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.open_order(order_id, orderRef="another", permId=777)
    await recorder.update("another", OrderStatus.SUBMITTED)
    gateway.order_status(order_id, "Filled", perm_id=777, filled=10)
    await recorder.update("another", OrderStatus.FILLED)
    assert {update.status for update in recorder.updates if update.order_ref == "ours-1"} == {OrderStatus.SUBMITTED}


async def test_a_status_under_our_order_id_with_a_perm_id_that_nobody_knows_is_of_another_order(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Filled", perm_id=777, filled=10)
    await gateway.next(OPEN_ORDERS)
    assert {update.status for update in recorder.updates} == {OrderStatus.SUBMITTED}


async def test_an_order_keeps_its_id_when_ib_shows_it_without_one(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.open_order(0, orderRef="ours-1", permId=501, status="PreSubmitted")
    told = await recorder.update("ours-1", OrderStatus.SUBMITTED, "PreSubmitted")
    assert told.order_id == int(order_id)
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == order_id


async def test_the_next_order_id_is_above_every_id_that_was_seen(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(4000, orderRef="old", permId=900)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("old", OrderStatus.SUBMITTED)
    assert int(await place(node, gateway)) > 4000


async def test_no_id_is_used_twice_when_a_restarted_gateway_counts_from_the_start(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.drop()
    await node.connect()
    node.data.subscribe_quotes(AAPL)
    assert int((await gateway.next(MARKET_DATA))[2]) > int(order_id)


async def test_no_order_id_is_below_the_owner_s_high_water_mark(gateway: ScriptedGateway, recorder: Recorder) -> None:
    exec_clients = {"IB": InteractiveBrokersExecClientConfig(first_order_id=5000)}
    node = node_at(gateway, recorder, exec_clients=exec_clients)
    await node.connect()
    assert int(await place(node, gateway)) >= 5000
    node.drop()


@pytest.mark.parametrize(("given_by_ib", "kept"), [(1, 5000), (9000, 5000), (5000, 5000)])
async def test_the_next_order_id_is_the_greater_of_ib_s_and_the_owner_s(
    gateway: ScriptedGateway, recorder: Recorder, given_by_ib: int, kept: int
) -> None:
    gateway.greeting[1] = (9, 1, given_by_ib)
    node = node_at(gateway, recorder, exec_clients={"IB": InteractiveBrokersExecClientConfig(first_order_id=kept)})
    await node.connect()
    assert int(await place(node, gateway)) == max(given_by_ib, kept)
    node.drop()


async def test_an_execution_of_ours_raises_the_next_order_id_though_the_gateway_counts_from_the_start(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    reading = asyncio.create_task(node.execution.read_executions())
    request_id = (await gateway.next(EXECUTIONS))[2]
    gateway.execution(4000, "0001.01.01", request=request_id, perm_id=900, ref="of a week ago")
    gateway.say(55, 1, request_id)
    assert (await reading).order_refs == {"of a week ago"}
    assert int(await place(node, gateway)) > 4000


# Placed elsewhere: in TWS, by phone


@pytest.mark.parametrize("order_id", [0, -1, -42])
async def test_orders_placed_by_hand_share_an_id_that_is_none_and_are_told_apart(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, order_id: int
) -> None:
    for perm_id in (901, 902):
        gateway.open_order(order_id, permId=perm_id, clientId=0)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.until(lambda: len(recorder.updates) == 2)
    gateway.order_status(order_id, "Filled", perm_id=902, client=0, filled=10)
    gateway.order_status(order_id, "PreSubmitted", perm_id=901, client=0)
    await recorder.until(lambda: len(recorder.updates) == 4)
    assert [(one.order_ref, one.order_id, one.perm_id, one.status) for one in recorder.updates] == [
        ("", order_id, 901, OrderStatus.SUBMITTED),
        ("", order_id, 902, OrderStatus.SUBMITTED),
        ("", order_id, 902, OrderStatus.FILLED),
        ("", order_id, 901, OrderStatus.SUBMITTED),
    ]


@pytest.mark.parametrize("order_id", [0, -42])
async def test_an_order_placed_by_hand_is_nobody_s_to_cancel_even_under_its_own_client_id(
    gateway: ScriptedGateway, recorder: Recorder, order_id: int
) -> None:
    node = node_at(gateway, recorder, client_id=0)
    await node.connect()
    gateway.open_order(order_id, permId=901, clientId=0, orderRef="by hand")
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("by hand", OrderStatus.SUBMITTED)
    with pytest.raises(OrderRefused, match="no such open order of this session as 'by hand'"):
        node.execution.cancel("by hand")
    assert node.execution.cancel_all("DU1000001") == frozenset()
    node.drop()


@pytest.mark.parametrize("order_id", [0, -42])
async def test_a_status_of_an_order_placed_by_hand_that_names_no_perm_id_is_of_no_order_that_is_known(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, order_id: int
) -> None:
    gateway.open_order(order_id, permId=901, clientId=0)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("", OrderStatus.SUBMITTED)
    gateway.order_status(order_id, "Cancelled", client=0)
    await gateway.next(OPEN_ORDERS)
    assert [one.status for one in recorder.updates] == [OrderStatus.SUBMITTED]


async def test_an_error_of_an_order_placed_by_hand_is_told_and_ends_no_order_and_no_link(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(-42, permId=901, clientId=0)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("", OrderStatus.SUBMITTED)
    gateway.error(-42, 201, "Order rejected - reason: margin")
    await recorder.until(lambda: [one.message for one in recorder.notices] == ["Order rejected - reason: margin"])
    assert [one.status for one in recorder.updates] == [OrderStatus.SUBMITTED]
    assert node.link is LinkState.UP


async def test_a_fill_made_by_hand_has_no_order_id_and_raises_none(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, client_id=0)
    await node.connect()
    await place(node, gateway, replace(REQUEST, client_order_id="another"))
    gateway.execution(UNSET_ORDER_ID, "0001.01.01", perm_id=901, client=0)
    report = await recorder.until(lambda: recorder.executions and recorder.executions[0])
    assert (report.order_ref, report.perm_id) == ("", 901)
    assert int(await place(node, gateway)) < 100
    node.drop()
