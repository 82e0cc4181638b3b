"""The handshake, the link and its silences."""

from __future__ import annotations

import asyncio

import pytest

from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import ClientIdInUse, GatewayUnreachable, HandshakeTimedOut, LinkLost, OrderRefused
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    MARKET_DATA,
    REQUEST,
    STOP_DATA,
    node_at,
    place,
    received,
    whatever_was_sent_has_arrived,
)


async def test_a_client_id_in_use_is_said_so(gateway: ScriptedGateway, recorder: Recorder) -> None:
    gateway.greeting = [(4, 2, -1, 326, "Unable to connect as the client id is already in use.", "")]
    node = node_at(gateway, recorder)
    connecting = asyncio.create_task(node.connect())
    await gateway.next(71)
    gateway.hang_up()
    with pytest.raises(ClientIdInUse, match="client id 1"):
        await connecting
    assert recorder.links == []


async def test_a_gateway_that_hangs_up_in_the_handshake_is_said_so(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.greeting = []
    connecting = asyncio.create_task(node_at(gateway, recorder).connect())
    await gateway.next(71)
    gateway.hang_up()
    with pytest.raises(GatewayUnreachable, match="during the handshake"):
        await connecting


async def test_a_gateway_that_does_not_shake_hands_is_given_up_at_the_deadline(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.silent = True
    with pytest.raises(HandshakeTimedOut, match=r"within 0\.1 s"):
        await node_at(gateway, recorder, connect_deadline=0.1).connect()


async def test_orders_wait_while_the_gateway_has_lost_ib(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.error(-1, 1100, "Connectivity between IB and Trader Workstation has been lost.")
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    with pytest.raises(OrderRefused, match="lost its connection to Interactive Brokers"):
        node.execution.place(REQUEST, AAPL)
    gateway.error(-1, 1102)
    await recorder.until(lambda: node.link is LinkState.UP)
    await place(node, gateway)
    assert recorder.links == [LinkState.UP, LinkState.BROKER_LOST, LinkState.UP]


async def test_streams_are_asked_for_again_when_ib_lost_them_and_not_when_it_kept_them(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    first = await gateway.next(MARKET_DATA)
    gateway.error(-1, 1100)
    gateway.error(-1, 1102)
    await recorder.until(lambda: recorder.links[-2:] == [LinkState.BROKER_LOST, LinkState.UP])
    gateway.error(-1, 1100)
    gateway.error(-1, 1101)
    again = await gateway.next(MARKET_DATA)
    assert again[2] != first[2]
    assert (await gateway.next(STOP_DATA))[2] == first[2]
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, MARKET_DATA)


async def test_a_data_farm_that_is_down_leaves_orders_alone_and_is_subscribed_again_when_back(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    await gateway.next(MARKET_DATA)
    gateway.error(-1, 2103, "Market data farm connection is broken:usfarm")
    gateway.error(-1, 2104, "Market data farm connection is OK:eufarm")
    await recorder.until(lambda: node.link is LinkState.DATA_DOWN)
    await place(node, gateway)
    gateway.error(-1, 2104, "Market data farm connection is OK:usfarm")
    await recorder.until(lambda: node.link is LinkState.UP)
    await gateway.next(MARKET_DATA)


async def test_a_sleeping_farm_is_normal(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    gateway.error(-1, 2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds")
    gateway.error(-1, 2110)
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    assert recorder.links == [LinkState.UP, LinkState.BROKER_LOST]
    assert [notice.code for notice in recorder.notices] == [2110]


async def test_a_silent_gateway_is_asked_for_the_time_and_then_given_up(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, heartbeat=0.05, heartbeat_deadline=0.1)
    await node.connect()
    await gateway.next(49)
    with pytest.raises(LinkLost, match="did not answer with the time"):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert recorder.links == [LinkState.UP, LinkState.DOWN]


async def test_a_gateway_that_says_anything_but_the_time_is_not_given_up(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, heartbeat=0.05, heartbeat_deadline=1.0)
    await node.connect()
    for _ in range(2):
        await gateway.next(49)
        gateway.error(-1, 2104, "Market data farm connection is OK:usfarm")
    await gateway.next(49)
    assert recorder.links == [LinkState.UP]
    await node.stop()
