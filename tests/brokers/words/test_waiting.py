"""What waits here for IB's 50 messages a second, at a gateway that can end the connection at any word."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import OrderChange, OrderStatus, OrderUpdate, Unsent
from brokers.node import TradingNode
from brokers.refusals import LinkLost
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    CANCEL,
    CANCEL_EVERYTHING,
    PLACE,
    REQUEST,
    node_at,
    order_sent,
    place_live,
    received,
    whatever_was_sent_has_arrived,
)

BURST = 60


def burst(node: TradingNode, count: int = BURST) -> list[str]:
    """So many orders in one breath, each for an instrument of its own; their ids."""
    for number in range(count):
        request = replace(REQUEST, client_order_id=f"burst-{number}", con_id=number + 1)
        node.execution.place(request, replace(AAPL, con_id=number + 1))
    return [f"burst-{number}" for number in range(count)]


def unsent(recorder: Recorder, what: Unsent) -> list[OrderUpdate]:
    return [update for update in recorder.updates if update.unsent is what]


def placed(gateway: ScriptedGateway) -> list[str]:
    return [order_sent(fields).terms["orderRef"] for fields in received(gateway, PLACE)]


def raise_limit_to(node: TradingNode, price: Decimal) -> None:
    node.execution.modify(OrderChange(client_order_id="ours-1", limit_price=price))


def many_changes(node: TradingNode) -> None:
    for cents in range(1, BURST + 1):
        raise_limit_to(node, Decimal(11) + Decimal(cents) / 100)


async def test_a_cancel_of_everything_does_not_wait_behind_the_cancels_of_some(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    refs = burst(node, 40)
    for ref in refs:
        node.execution.cancel(ref)
    assert node.execution.cancel_all() == set(refs)
    await gateway.next(CANCEL_EVERYTHING)
    before = len(received(gateway, CANCEL))
    assert before < len(refs)
    await whatever_was_sent_has_arrived(node, gateway)
    assert len(received(gateway, CANCEL)) == before


async def test_orders_that_wait_when_the_connection_ends_are_rejected_and_never_sent(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    refs = burst(node)
    await gateway.next(PLACE)
    gateway.hang_up()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    told = unsent(recorder, Unsent.ORDER)
    assert [update.order_ref for update in told] == refs[-len(told) :]
    assert {(update.status, update.ib_status) for update in told} == {(OrderStatus.REJECTED, "")}
    assert "the connection to the gateway ended while it waited" in told[0].reason
    await node.connect()
    await whatever_was_sent_has_arrived(node, gateway)
    assert not {update.order_ref for update in told} & set(placed(gateway))


async def test_a_cancel_of_everything_that_never_left_is_told_of_each_order(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    refs = burst(node, 40)
    for ref in refs[:20]:
        node.execution.cancel(ref)
    node.execution.cancel_all()
    node.drop()
    told = unsent(recorder, Unsent.CANCEL)
    assert [update.order_ref for update in told] == ["ours-1", *refs]
    assert told[0].status is OrderStatus.SUBMITTED
    await node.connect()
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, CANCEL_EVERYTHING)


async def test_a_change_that_builds_on_one_that_came_too_late_is_withdrawn_with_it(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    config = InteractiveBrokersExecClientConfig(order_time_to_live=0.9)  # under the second after which there is room
    node = node_at(gateway, recorder, exec_clients={"IB": config})
    await node.connect()
    await place_live(node, gateway, recorder)
    many_changes(node)
    later = asyncio.get_running_loop().call_later(0.3, raise_limit_to, node, Decimal(12))
    [*_, told] = await recorder.until(lambda: unsent(recorder, Unsent.CHANGE))
    assert (told.limit_price, told.reason_code) == (Decimal(10), None)
    await whatever_was_sent_has_arrived(node, gateway)
    sent = [order_sent(fields).terms["lmtPrice"] for fields in received(gateway, PLACE)]
    assert sent == [str(11 + cents / 100) for cents in range(1, len(sent) + 1)]
    raise_limit_to(node, Decimal("10.50"))
    node.execution.modify(OrderChange(client_order_id="ours-1", quantity=Decimal(20)))
    *_, last = [order_sent(await gateway.next(PLACE)) for _ in range(len(sent) + 2)]
    assert (last.terms["lmtPrice"], last.terms["totalQuantity"]) == ("10.5", "20.0")
    later.cancel()
    node.drop()


async def test_a_change_of_an_earlier_connection_s_order_is_not_taken_for_the_order(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.drop()
    await node.connect()
    gateway.open_order(order_id, orderRef="ours-1", permId=501, status="PreSubmitted")
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "PreSubmitted")
    many_changes(node)
    node.execution.cancel("ours-1")
    assert [(update.order_ref, update.status) for update in unsent(recorder, Unsent.CHANGE)] == [
        ("ours-1", OrderStatus.SUBMITTED)
    ]
    assert (await gateway.next(CANCEL))[2] == order_id


async def test_a_change_that_finds_those_before_it_too_old_is_withdrawn_with_them(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    loop = asyncio.get_running_loop()
    config = InteractiveBrokersExecClientConfig(order_time_to_live=0.1)
    node = node_at(gateway, recorder, exec_clients={"IB": config})
    await node.connect()
    await place_live(node, gateway, recorder)
    many_changes(node)
    too_late = loop.time() + 0.2
    while loop.time() < too_late:  # the loop is kept from running, so that nothing could be noticed before
        pass
    raise_limit_to(node, Decimal(12))
    assert [update.order_ref for update in unsent(recorder, Unsent.CHANGE)] == ["ours-1"]
    await whatever_was_sent_has_arrived(node, gateway)
    *_, before = [order_sent(fields).terms["lmtPrice"] for fields in received(gateway, PLACE)]
    assert Decimal(before) < 12
    node.execution.modify(OrderChange(client_order_id="ours-1", quantity=Decimal(20)))
    await whatever_was_sent_has_arrived(node, gateway)
    *_, last = [order_sent(fields).terms for fields in received(gateway, PLACE)]
    assert (last["lmtPrice"], last["totalQuantity"]) == (before, "20.0")
    node.drop()


async def test_a_change_is_built_on_what_was_sent_and_not_on_what_was_withdrawn(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    many_changes(node)
    gateway.error(-1, 1100)
    await recorder.until(lambda: unsent(recorder, Unsent.CHANGE))
    gateway.error(-1, 1102)
    await recorder.until(lambda: len(recorder.links) == 3)
    node.execution.modify(OrderChange(client_order_id="ours-1", quantity=Decimal(20)))
    await whatever_was_sent_has_arrived(node, gateway)
    *_, before, last = [order_sent(fields).terms for fields in received(gateway, PLACE)]
    assert (last["lmtPrice"], last["totalQuantity"]) == (before["lmtPrice"], "20.0")
    assert Decimal(before["lmtPrice"]) < Decimal(11) + Decimal(BURST) / 100
