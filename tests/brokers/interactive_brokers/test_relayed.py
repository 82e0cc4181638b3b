"""Nodes whose gateway stands behind a relay: the real library, the real relay, real TCP."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from brokers.config import InteractiveBrokersGatewayConfig, TradingNodeConfig
from brokers.gateways.relay import words
from brokers.gateways.relay.door import Address
from brokers.gateways.relay.memory import FenceMemory
from brokers.gateways.relay.server import Relay
from brokers.gateways.relay.words import Admission, Answer, Verdict
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.link.relayed import RelayedConnection
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import ConfigRefused, FenceRefused, GatewayUnreachable, HandshakeTimedOut, LinkLost, OrderRefused
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import scripted_gateway
from tests.brokers.words.stage import AAPL, REQUEST

HOST = "127.0.0.1"
KEY = secrets.token_bytes(32)


@asynccontextmanager
async def relay_to(port: int, memory: Path) -> AsyncIterator[int]:
    """The relay's port."""
    kept = FenceMemory(memory)
    relay = Relay(name="alice-1", key=KEY, memory=kept, upstream=Address(HOST, port))
    try:
        yield (await relay.listen(Address(HOST, 0))).port
    finally:
        await relay.close()
        kept.close()


@pytest.fixture
async def port(simulator: Any, tmp_path: Path) -> AsyncIterator[int]:
    async with relay_to(simulator.port, tmp_path / "fence") as port:
        yield port


@pytest.fixture
async def nodes() -> AsyncIterator[list[TradingNode]]:
    nodes: list[TradingNode] = []
    yield nodes
    for node in nodes:
        node.drop()


def node_at(port: int, fence: int, nodes: list[TradingNode], *, key: bytes = KEY, **settings: Any) -> TradingNode:
    config = TradingNodeConfig(host=HOST, port=port, admission=Admission("alice-1", fence, key), **settings)
    node = TradingNode(config=config, listener=Recorder())
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    nodes.append(node)
    return node


def connections(simulator: Any) -> list[str]:
    return [row["event"] for row in simulator.rows("connection")]


async def became(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.01)


async def test_a_node_reaches_its_gateway_through_the_relay(
    port: int, simulator: Any, nodes: list[TradingNode]
) -> None:
    node = node_at(port, 1, nodes)
    await node.start()
    assert node.link is LinkState.UP
    assert node.account_codes == ["DU1000001"]
    await node.stop()
    await became(lambda: connections(simulator) == ["opened", "closed"])


async def test_a_newer_owner_has_the_gateway_at_once_and_the_older_one_never_again(
    port: int, simulator: Any, nodes: list[TradingNode]
) -> None:
    old, new = node_at(port, 4, nodes), node_at(port, 5, nodes)
    await old.connect()
    aapl = await old.provider.instrument(AAPL.con_id)
    lost = asyncio.create_task(old.wait_closed())
    await new.connect()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(lost, DEADLINE)
    with pytest.raises(OrderRefused):
        old.execution.place(REQUEST, aapl)
    with pytest.raises(FenceRefused, match="Fence 4 is over: 5 has been here"):
        await old.connect()
    await new.resync()
    assert simulator.rows("order") == []
    assert connections(simulator) == ["opened", "closed", "opened"]


async def test_the_same_owner_comes_back_with_the_same_fence(port: int, nodes: list[TradingNode]) -> None:
    node = node_at(port, 4, nodes)
    await node.connect()
    node.drop()
    await node.connect()
    assert node.link is LinkState.UP


async def test_a_node_that_serves_gives_up_when_somebody_newer_has_its_gateway(
    port: int, nodes: list[TradingNode]
) -> None:
    old, new = node_at(port, 4, nodes, reconnect_pause=0), node_at(port, 5, nodes)

    started = asyncio.Event()

    async def stay(_: TradingNode) -> None:
        started.set()
        await asyncio.Event().wait()

    served = asyncio.create_task(old.serve(stay))
    await asyncio.wait_for(started.wait(), DEADLINE)
    await new.connect()
    with pytest.raises(FenceRefused):
        await asyncio.wait_for(served, DEADLINE)
    assert new.link is LinkState.UP


async def test_a_relay_without_its_gateway_says_so(port: int, simulator: Any, nodes: list[TradingNode]) -> None:
    simulator.process.kill()
    simulator.process.wait(DEADLINE)
    with pytest.raises(GatewayUnreachable, match="The gateway behind this relay doesn't accept connections"):
        await node_at(port, 1, nodes).connect()


async def test_another_key_is_no_way_in_and_no_key_is_logged(
    port: int, simulator: Any, nodes: list[TradingNode], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    node = node_at(port, 1, nodes, key=bytes(32))
    with pytest.raises(GatewayUnreachable, match="is not this gateway's relay"):
        await node.connect()
    await node_at(port, 1, nodes).connect()
    assert connections(simulator) == ["opened"]
    assert not any(shown in caplog.text for shown in (KEY.hex(), repr(KEY), bytes(32).hex(), repr(bytes(32))))


async def test_a_gateway_without_a_relay_is_told_nothing(simulator: Any, nodes: list[TradingNode]) -> None:
    with pytest.raises(HandshakeTimedOut):
        await node_at(simulator.port, 1, nodes, connect_deadline=0.2).connect()
    assert "opened" not in connections(simulator)


async def test_a_gateway_that_moves_its_port_is_still_reached_through_the_relay_alone(
    tmp_path: Path, nodes: list[TradingNode]
) -> None:
    async with (
        scripted_gateway() as gateway,
        scripted_gateway() as elsewhere,
        relay_to(gateway.port, tmp_path / "fence") as port,
    ):
        node = node_at(port, 1, nodes)
        await node.connect()
        gateway.error(-1, 1300, f"TWS socket port has been reset. Please reconnect on the new port -{elsewhere.port}")
        with pytest.raises(LinkLost):
            await node.wait_closed()
        await node.connect()
        assert node.link is LinkState.UP
        assert elsewhere.received == []


async def test_what_the_gateway_says_right_behind_the_welcome_is_not_lost() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        challenge = words.new_challenge()
        writer.write(words.greeting(challenge))
        _, nonce = words.read_preamble(await reader.readline(), name="alice-1", key=KEY, challenge=challenge)
        welcome = words.answer(Answer(Verdict.WELCOME, "Go on."), key=KEY, challenge=challenge, nonce=nonce)
        writer.write(welcome + b"the gateway's own")
        writer.close()

    heard: list[bytes] = []
    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        connection = RelayedConnection(Admission("alice-1", 1, KEY))
        connection.hasData.connect(heard.append)
        closed = asyncio.get_running_loop().create_future()
        connection.disconnected.connect(lambda _: closed.set_result(None))
        await connection.connectAsync(HOST, server.sockets[0].getsockname()[1])
        await asyncio.wait_for(closed, DEADLINE)
    assert b"".join(heard) == b"the gateway's own"


async def test_an_endless_first_line_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(5000))
        await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        connection = RelayedConnection(Admission("alice-1", 1, KEY))
        with pytest.raises(GatewayUnreachable, match="bytes without an end of line"):
            await asyncio.wait_for(connection.connectAsync(HOST, server.sockets[0].getsockname()[1]), DEADLINE)
        connection.disconnect()
        await asyncio.wait_for(ended.wait(), DEADLINE)


def test_a_config_shows_no_key_and_an_own_gateway_has_no_relay() -> None:
    admission = Admission("alice-1", 7, KEY)
    config = TradingNodeConfig(admission=admission)
    assert "Admission(name='alice-1', fence=7)" in repr(config)
    with pytest.raises(ConfigRefused, match="has no relay"):
        TradingNodeConfig(admission=admission, gateway=InteractiveBrokersGatewayConfig())
