"""One order of one stock, and a node at the scripted gateway that it's sent through."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from brokers.config import TradingNodeConfig
from brokers.domain import (
    Instrument,
    OrderChange,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    SecurityType,
    TimeInForce,
)
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.node import TradingNode
from brokers.simulator.orders.message import OrderMessage, read_order
from brokers.simulator.wire import Fields
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway

AAPL = Instrument(
    con_id=265598,
    symbol="AAPL",
    local_symbol="AAPL",
    security_type=SecurityType.STK,
    exchange="SMART",
    primary_exchange="NASDAQ",
    currency="USD",
    long_name="APPLE INC",
    price_increment=Decimal("0.01"),
    size_increment=Decimal(1),
    min_size=Decimal(1),
)
REQUEST = OrderRequest(
    client_order_id="ours-1",
    account_code="DU1000001",
    con_id=265598,
    side=OrderSide.BUY,
    order_type=OrderType.LMT,
    quantity=Decimal(10),
    time_in_force=TimeInForce.DAY,
    limit_price=Decimal("10.00"),
)

PLACE, CANCEL, OPEN_ORDERS, DETAILS, MARKET_DATA, STOP_DATA, COMPLETED_ORDERS = 3, 4, 16, 9, 1, 2, 99
EXECUTIONS, CANCEL_EVERYTHING = 7, 58
READ_ONLY = "Error validating request.-'cc' : cause - The API interface is currently in Read-Only mode."


def node_at(gateway: ScriptedGateway, recorder: Any, **settings: Any) -> TradingNode:
    settings = {"connect_deadline": DEADLINE, "request_deadline": DEADLINE, **settings}
    config = TradingNodeConfig(host="127.0.0.1", port=gateway.port, **settings)
    node = TradingNode(config=config, listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node


async def connect_with_two_accounts(node: TradingNode, gateway: ScriptedGateway) -> None:
    gateway.greeting[0] = (15, 1, "DU1000001,DU1000002")
    await node.connect()


async def place(node: TradingNode, gateway: ScriptedGateway, request: OrderRequest = REQUEST) -> str:
    node.execution.place(request, AAPL)
    return (await gateway.next(PLACE))[1]


async def place_live(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> str:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "Submitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED)
    return order_id


async def raise_limit(node: TradingNode, gateway: ScriptedGateway) -> dict[str, str]:
    """Asks for a limit of 11.00 instead of 10.00; what was sent."""
    node.execution.modify(OrderChange(client_order_id="ours-1", limit_price=Decimal("11.00")))
    return terms_sent(await gateway.next(PLACE))


def order_sent(fields: list[str]) -> OrderMessage:
    """A placeOrder, read by the simulator's own reader: every field under IB's name."""
    return read_order(Fields(fields[1:]))


def terms_sent(fields: list[str]) -> dict[str, str]:
    return order_sent(fields).terms


async def whatever_was_sent_has_arrived(node: TradingNode, gateway: ScriptedGateway) -> None:
    """Two questions and their answers: what the node sent before them has been received.

    Whoever else asks for executions meanwhile is answered too: the node looks by itself when IB is back.
    """
    for _ in range(2):
        reading = asyncio.create_task(node.execution.read_executions())
        while not reading.done():
            asked = asyncio.create_task(gateway.next(EXECUTIONS))
            await asyncio.wait({reading, asked}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                gateway.say(55, 1, asked.result()[2])
            else:
                asked.cancel()
        await reading


def received(gateway: ScriptedGateway, kind: int) -> list[list[str]]:
    return [fields for fields in gateway.received if fields[0] == str(kind)]
