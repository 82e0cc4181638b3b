"""What a connection begins with: the API's handshake, with a gateway of a version that is understood, and no more."""

from __future__ import annotations

import struct

import pytest

from brokers.interactive_brokers.link.client import LARGEST_FRAME
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import GatewayUnreachable
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import node_at, whatever_was_sent_has_arrived


async def test_nothing_is_asked_of_the_gateway_but_to_begin(node: TradingNode, gateway: ScriptedGateway) -> None:
    """The library's own connecting asks for six things more, and takes an answer that doesn't come for an empty one."""
    await whatever_was_sent_has_arrived(node, gateway)
    assert [fields[0] for fields in gateway.received] == ["71"]


async def test_the_versions_that_the_library_reads_are_the_ones_that_are_offered(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    """From 177 on a gateway may say what the library can't read."""
    assert gateway.offered == "v157..176"


async def test_a_gateway_that_is_too_old_is_said_to_be_instead_of_waited_for(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.version = 156
    node = node_at(gateway, recorder)
    with pytest.raises(GatewayUnreachable, match=r"version 156 .* the oldest that is understood here is 157: update"):
        await node.connect()
    assert node.link is LinkState.DOWN


async def test_a_frame_beyond_all_bounds_ends_a_handshake_too(gateway: ScriptedGateway, recorder: Recorder) -> None:
    gateway.greeting = []
    gateway.first_bytes = struct.pack(">I", LARGEST_FRAME + 1)
    with pytest.raises(GatewayUnreachable, match=f"announced a message of {LARGEST_FRAME + 1} bytes"):
        await node_at(gateway, recorder).connect()
