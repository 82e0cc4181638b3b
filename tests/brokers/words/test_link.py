"""What ends a link, besides a closed socket; and where the next one goes."""

from __future__ import annotations

import asyncio
import struct

import pytest

from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import GatewayUnreachable, LinkLost
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway, scripted_gateway
from tests.brokers.words.stage import node_at

CODES_OF_NO_CONNECTION = [502, 504, 507]


async def lost(node: TradingNode, match: str) -> None:
    with pytest.raises(LinkLost, match=match):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert node.link is LinkState.DOWN


@pytest.mark.parametrize("code", [1100, 2110])
async def test_a_gateway_that_stays_without_ib_is_given_up(
    gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    node = node_at(gateway, recorder, broker_lost_deadline=0.05)
    await node.connect()
    gateway.error(-1, code)
    await lost(node, r"has been without Interactive Brokers for 0\.05 s")
    assert recorder.links == [LinkState.UP, LinkState.BROKER_LOST, LinkState.DOWN]


@pytest.mark.parametrize("code", [1101, 1102])
async def test_a_gateway_that_is_back_in_time_is_kept(gateway: ScriptedGateway, recorder: Recorder, code: int) -> None:
    node = node_at(gateway, recorder, broker_lost_deadline=0.2)
    await node.connect()
    gateway.error(-1, 1100)
    gateway.error(-1, code)
    await recorder.until(lambda: recorder.links[-2:] == [LinkState.BROKER_LOST, LinkState.UP])
    async with scripted_gateway() as other:
        witness = node_at(other, Recorder(), broker_lost_deadline=0.2)
        await witness.connect()
        other.error(-1, 1100)
        await lost(witness, "has been without")
    assert node.link is LinkState.UP
    await node.stop()


async def test_a_gateway_that_says_its_port_has_changed_is_called_on_the_new_one(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder)
    await node.connect()
    async with scripted_gateway() as moved:
        gateway.error(-1, 1300, f"TWS socket port has been reset. Please reconnect on the new port -{moved.port}")
        await lost(node, rf"new port -{moved.port} \(IB 1300\)")
        await node.connect()
        await moved.next(71)
        node.drop()
    with pytest.raises(GatewayUnreachable, match=str(moved.port)):
        await node.connect()
    await node.connect()  # nothing answered there, so this went to where it was told to go at first
    assert len([fields for fields in gateway.received if fields[0] == "71"]) == 2
    node.drop()


@pytest.mark.parametrize("code", CODES_OF_NO_CONNECTION)
async def test_a_gateway_that_says_it_is_not_connected_has_to_be_called_again(
    node: TradingNode, gateway: ScriptedGateway, code: int
) -> None:
    gateway.error(-1, code, "Not connected")
    await lost(node, rf"Not connected \(IB {code}\)")


async def test_a_session_whose_words_make_no_sense_is_given_up_and_its_neighbour_is_not(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, unreadable_limit=3)
    await node.connect()
    async with scripted_gateway() as other:
        neighbour = node_at(other, Recorder(), unreadable_limit=3)
        await neighbour.connect()
        other.say(1, 6, "not a number")
        for _ in range(3):
            gateway.say(1, 6, "not a number")
        await lost(node, "3 of the gateway's messages could not be read")
        assert len([notice for notice in recorder.notices if "could not be read" in notice.message]) == 3
        assert neighbour.link is LinkState.UP
        neighbour.drop()


async def test_a_frame_beyond_all_bounds_is_the_reason_that_is_given(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    gateway.say_bytes(struct.pack(">I", 2**31 - 1) + b"1\0")
    await lost(node, "announced a message of 2147483647 bytes")
