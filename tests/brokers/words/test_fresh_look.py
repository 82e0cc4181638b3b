"""Asking IB again what the orders are, because something that it said makes the book doubtful."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from brokers.interactive_brokers.orders import reads as order_reads
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    COMPLETED_ORDERS,
    OPEN_ORDERS,
    node_at,
    place_live,
    received,
    whatever_was_sent_has_arrived,
)


@pytest.fixture
async def node(
    gateway: ScriptedGateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TradingNode]:
    monkeypatch.setattr(order_reads, "LOOKS_APART", 0.0)
    node = node_at(gateway, recorder)
    await node.connect()
    yield node
    node.drop()


async def said(code: int, recorder: Recorder) -> None:
    await recorder.until(lambda: next((one for one in recorder.notices if one.code == code), None))


async def test_a_code_that_comes_during_a_look_makes_another_look(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 99998)
    await gateway.next(OPEN_ORDERS)
    gateway.error(order_id, 99999)
    await said(99999, recorder)
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)
    gateway.say(102)
    await gateway.next(OPEN_ORDERS)


async def test_codes_before_a_look_has_begun_make_one_look(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    reading = asyncio.create_task(node.execution.read_open_orders())
    await gateway.next(OPEN_ORDERS)
    for code in (99997, 99998, 99999):
        gateway.error(order_id, code)
    await said(99999, recorder)
    gateway.say(53, 1)
    await reading
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)
    gateway.say(102)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)


async def test_a_look_that_ib_leaves_unanswered_does_not_keep_the_next_one_away(
    gateway: ScriptedGateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_reads, "LOOKS_APART", 0.0)
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 99998)
    await gateway.next(OPEN_ORDERS)
    gateway.error(order_id, 99999)
    await gateway.next(OPEN_ORDERS)
    node.drop()
