"""A node that trades at the simulated gateway, over real TCP; its market stands still until a test moves it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brokers.config import TradingNodeConfig
from brokers.domain import Instrument, OrderRequest, OrderSide, OrderType, TimeInForce
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.node import TradingNode
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.simulator.conftest import HOST, Running, started, stopped

FIRST, SECOND = "DU1000001", "DU1000002"
AAPL, EUR_USD = 265598, 12087792


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", accounts=2)
    await one.scenario.do("quote", instrument="AAPL", bid="190.00", ask="190.02", last="190.01")
    yield one
    await stopped(one)


def node_at(running: Running, recorder: Recorder, **settings: Any) -> TradingNode:
    settings = {"connect_deadline": DEADLINE, "request_deadline": DEADLINE, **settings}
    node = TradingNode(config=TradingNodeConfig(host=HOST, port=running.port, **settings), listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node


@pytest.fixture
async def node(running: Running, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(running, recorder)
    await node.connect()
    yield node
    await node.stop()


@pytest.fixture
async def aapl(node: TradingNode) -> Instrument:
    return await node.provider.instrument(AAPL)


def order(order_type: OrderType = OrderType.LMT, **terms: Any) -> OrderRequest:
    """A purchase of ten Apple; a limit rests far below the market unless it is told otherwise."""
    if order_type is OrderType.LMT:
        terms = {"limit_price": Decimal("150.00")} | terms
    fields = {
        "client_order_id": str(uuid.uuid4()),
        "account_code": FIRST,
        "con_id": AAPL,
        "side": OrderSide.BUY,
        "quantity": Decimal(10),
        "time_in_force": TimeInForce.DAY,
    }
    return OrderRequest(order_type=order_type, **(fields | terms))
