"""Answers that don't come, and refusals."""

from __future__ import annotations

import asyncio

import pytest

from brokers.node import ResyncIncomplete, TradingNode
from brokers.refusals import LinkLost, NoAnswer, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import COMPLETED_ORDERS, DETAILS, OPEN_ORDERS, READ_ONLY, node_at


async def test_what_ib_leaves_unanswered_is_unknown_and_not_empty(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    with pytest.raises(
        ResyncIncomplete, match="completed orders, executions, positions, the account summary"
    ) as raised:
        await resyncing
    assert raised.value.resync.open_orders is not None
    assert not raised.value.resync.open_orders.order_refs
    assert raised.value.resync.executions is None
    node.drop()


async def test_a_read_only_api_that_leaves_more_than_orders_unanswered_is_said_so(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    for kind in (OPEN_ORDERS, COMPLETED_ORDERS):
        await gateway.next(kind)
        gateway.error(-1, 321, READ_ONLY)
    with pytest.raises(ResyncIncomplete, match="executions, positions, the account summary") as raised:
        await resyncing
    assert raised.value.resync.read_only is True
    node.drop()


async def test_a_wrong_request_does_not_make_the_api_read_only(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    await gateway.next(OPEN_ORDERS)
    gateway.error(-1, 321, "Error validating request.-'a0' : cause - The account code is required for this operation.")
    with pytest.raises(ResyncIncomplete, match="open orders") as raised:
        await resyncing
    assert raised.value.resync.read_only is False
    node.drop()


async def test_a_search_that_ib_leaves_unanswered_is_said_so(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    with pytest.raises(NoAnswer, match="instruments like 'AAPL' within"):
        await node.provider.search("AAPL")
    node.drop()


async def test_a_question_ends_with_the_connection_and_not_at_its_deadline(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    asking = asyncio.create_task(node.provider.instrument(1))
    await gateway.next(DETAILS)
    gateway.hang_up()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(asking, 5)


async def test_a_refused_question_is_raised_with_ib_s_code(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = asyncio.create_task(node.provider.instrument(1))
    gateway.error((await gateway.next(DETAILS))[2], 321, "Error validating request")
    with pytest.raises(RequestRefused, match=r"\(IB 321\)") as raised:
        await asking
    assert raised.value.code == 321
