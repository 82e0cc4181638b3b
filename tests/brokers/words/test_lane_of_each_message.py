"""What concerns orders and accounts leaves ahead of subscriptions: neither a cancel nor a resync waits for a screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import OrderChange
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import data_node
from tests.brokers.words.stage import (
    AAPL,
    CANCEL_EVERYTHING,
    COMPLETED_ORDERS,
    EXECUTIONS,
    MARKET_DATA,
    OPEN_ORDERS,
    PLACE,
    REQUEST,
    node_at,
    place_live,
    received,
)

ACCOUNT = "DU1000001"
TIME, POSITIONS, SUMMARY, END_SUMMARY, VALUES, END_VALUES = 49, 61, 62, 63, 76, 77
PROFITS, END_PROFITS, POSITION_PROFITS, END_POSITION_PROFITS = 92, 93, 94, 95
# At 34 a second they take longer to leave than any deadline of these tests.
SCREENS = 400
MORE_ORDERS_THAN_LEAVE = 60


def fill_the_wire(node: TradingNode) -> None:
    for con_id in range(1, SCREENS + 1):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))


async def left_ahead_of_screens(gateway: ScriptedGateway, kind: int) -> list[str]:
    fields = await gateway.next(kind)
    assert len(received(gateway, MARKET_DATA)) < SCREENS
    return fields


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = data_node(gateway, recorder, market_data_lines=SCREENS)
    await node.connect()
    yield node
    node.drop()


async def test_a_change_leaves_ahead_of_subscriptions_and_of_new_orders(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    fill_the_wire(node)
    for number in range(MORE_ORDERS_THAN_LEAVE):
        con_id = SCREENS + number
        request = replace(REQUEST, client_order_id=f"new-{number}", con_id=con_id)
        node.execution.place(request, replace(AAPL, con_id=con_id))
    node.execution.modify(OrderChange(client_order_id="ours-1", limit_price=Decimal("11.00")))
    await gateway.next(PLACE, having=lambda fields: fields[1] == order_id)
    assert len(received(gateway, PLACE)) < MORE_ORDERS_THAN_LEAVE
    assert len(received(gateway, MARKET_DATA)) < SCREENS


async def test_the_cancel_of_everything_leaves_ahead_of_subscriptions(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    fill_the_wire(node)
    node.execution.cancel_all()
    await left_ahead_of_screens(gateway, CANCEL_EVERYTHING)


QUESTIONS: dict[int, Callable[[TradingNode], Awaitable[object]]] = {
    OPEN_ORDERS: lambda node: node.execution.read_open_orders(),
    COMPLETED_ORDERS: lambda node: node.execution.read_completed_orders(),
    EXECUTIONS: lambda node: node.execution.read_executions(),
    POSITIONS: lambda node: node.account.read_positions(),
    SUMMARY: lambda node: node.account.read_values(),
    VALUES: lambda node: node.account.read_all_values(),
}


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_a_question_about_orders_or_the_account_leaves_ahead_of_subscriptions(
    node: TradingNode, gateway: ScriptedGateway, kind: int
) -> None:
    fill_the_wire(node)
    asking = asyncio.ensure_future(QUESTIONS[kind](node))
    await left_ahead_of_screens(gateway, kind)
    asking.cancel()
    await asyncio.wait({asking})


async def test_the_end_of_a_reading_leaves_ahead_of_subscriptions(node: TradingNode, gateway: ScriptedGateway) -> None:
    reading = asyncio.create_task(node.account.read_values())
    gateway.say(64, 1, (await gateway.next(SUMMARY))[2])
    await reading
    fill_the_wire(node)
    again = asyncio.create_task(node.account.read_values())
    await left_ahead_of_screens(gateway, END_SUMMARY)
    again.cancel()
    reading_all = asyncio.create_task(node.account.read_all_values())
    gateway.say(74, 1, (await left_ahead_of_screens(gateway, VALUES))[2])
    await left_ahead_of_screens(gateway, END_VALUES)
    await reading_all


async def test_profits_and_losses_are_subscribed_and_ended_ahead_of_quotes(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    fill_the_wire(node)
    node.account.subscribe_profit_and_loss()
    node.account.subscribe_position_profit_and_loss(ACCOUNT, AAPL.con_id)
    node.account.unsubscribe_profit_and_loss()
    node.account.unsubscribe_position_profit_and_loss(ACCOUNT, AAPL.con_id)
    for kind in (PROFITS, POSITION_PROFITS, END_PROFITS, END_POSITION_PROFITS):
        await left_ahead_of_screens(gateway, kind)


async def test_the_heartbeat_leaves_ahead_of_subscriptions(gateway: ScriptedGateway, recorder: Recorder) -> None:
    data_clients = {"IB": InteractiveBrokersDataClientConfig(market_data_lines=SCREENS)}
    node = node_at(gateway, recorder, data_clients=data_clients, heartbeat=0.05)
    await node.connect()
    fill_the_wire(node)
    await left_ahead_of_screens(gateway, TIME)
    node.drop()
