"""Orders placed elsewhere are looked for from time to time, by a session that may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import OrderStatus
from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    COMPLETED_ORDERS,
    DETAILS,
    EXECUTIONS,
    OPEN_ORDERS,
    READ_ONLY,
    node_at,
    received,
    whatever_was_sent_has_arrived,
)


def looking(every: float | None, gateway: ScriptedGateway, recorder: Recorder) -> TradingNode:
    config = {"IB": InteractiveBrokersExecClientConfig(look_elsewhere_every=every)}
    return node_at(gateway, recorder, exec_clients=config)


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = looking(1e-9, gateway, recorder)
    await node.connect()
    yield node
    node.drop()


async def answer(gateway: ScriptedGateway) -> None:
    """One whole look."""
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)
    gateway.say(102)
    gateway.say(55, 1, (await gateway.next(EXECUTIONS))[2])


async def test_orders_and_executions_are_looked_for_again_and_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await gateway.next(OPEN_ORDERS)
    await answer(gateway)
    await gateway.next(OPEN_ORDERS)
    gateway.open_order(0, permId=900, clientId=0)
    await answer(gateway)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    assert (await recorder.update("", OrderStatus.SUBMITTED)).perm_id == 900


async def test_nobody_looks_for_what_a_read_only_api_does_not_show(node: TradingNode, gateway: ScriptedGateway) -> None:
    await gateway.next(OPEN_ORDERS)
    gateway.error(-1, 321, READ_ONLY)
    gateway.say(55, 1, (await gateway.next(EXECUTIONS))[2])
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)


async def test_nobody_looks_while_the_gateway_has_lost_ib(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await gateway.next(OPEN_ORDERS)
    gateway.error(-1, 1100)
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    await answer(gateway)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)


async def test_an_owner_can_leave_it_to_the_resyncs(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = looking(None, gateway, recorder)
    await node.connect()
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)
    node.drop()
