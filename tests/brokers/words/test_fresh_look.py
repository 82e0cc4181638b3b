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
    EXECUTIONS,
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


UNREADABLE_KINDS = [(3, "not a number"), (5, 1, "too short"), (11, "no"), (59, 1, "short"), (101, "no"), ("1\\xb1", 1)]


@pytest.mark.parametrize("said_badly", UNREADABLE_KINDS)
async def test_a_word_about_orders_that_can_t_be_read_is_looked_for_at_once(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, said_badly: tuple[object, ...]
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.say(*said_badly)
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)
    gateway.say(102)
    request_id = (await gateway.next(EXECUTIONS))[2]
    gateway.execution(order_id, "0001.01", request=request_id, ref="ours-1")
    gateway.say(55, 1, request_id)
    await recorder.until(lambda: [fill.exec_id for fill in recorder.executions] == ["0001.01"])


async def test_a_fill_that_makes_no_sense_is_looked_for_at_once(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01", ref="ours-1", side="SIDEWAYS")
    await gateway.next(OPEN_ORDERS)


async def test_a_quote_that_can_t_be_read_asks_for_no_orders(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say(1, 6, "not a number")
    await recorder.until(lambda: recorder.notices)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)


async def test_what_is_never_to_be_read_is_not_asked_for_forever(
    gateway: ScriptedGateway, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_reads, "LOOKS_APART", 0.0)
    node = node_at(gateway, recorder, unreadable_limit=100)
    await node.connect()
    gateway.say(11, "no")
    for _ in range(2):
        await gateway.next(OPEN_ORDERS)
        gateway.say(53, 1)
        await gateway.next(COMPLETED_ORDERS)
        gateway.say(102)
        request_id = (await gateway.next(EXECUTIONS))[2]
        gateway.say(11, "no")
        gateway.say(55, 1, request_id)
    await recorder.until(lambda: len(recorder.notices) == 3)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)
    gateway.say(11, "another one")
    await gateway.next(OPEN_ORDERS)
    node.drop()
