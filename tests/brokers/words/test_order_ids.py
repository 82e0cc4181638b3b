"""Which order IB means: by our reference, then its permanent id, and never by the order id alone."""

from __future__ import annotations

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import OrderStatus
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, DETAILS, MARKET_DATA, node_at, place, place_live


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
