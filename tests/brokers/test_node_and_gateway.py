"""A node on a gateway that our own runtime has started."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brokers.config import TradingNodeConfig
from brokers.domain import OrderRequest, OrderSide, OrderStatus, OrderType, TimeInForce, TradingMode
from brokers.gateways.base import Endpoint, GatewaySpec
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.orders.seen import Seen
from brokers.node import TradingNode
from tests.brokers.recorder import DEADLINE, Recorder

AAPL = 265598
SPEC = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[ProcessRuntime]:
    yield ProcessRuntime(tmp_path / "gateways")
    await asyncio.to_thread(sweep, tmp_path / "gateways")


async def started(runtime: ProcessRuntime, spec: GatewaySpec = SPEC) -> Endpoint:
    endpoint = await runtime.start(spec)
    await runtime.wait_logged_in(endpoint, deadline=20)
    return endpoint


async def connected(endpoint: Endpoint, recorder: Recorder, **settings: Any) -> TradingNode:
    config = TradingNodeConfig(host=endpoint.host, port=endpoint.port, **settings)
    node = TradingNode(config=config, listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    await node.connect()
    return node


async def test_a_read_only_gateway_s_login_may_not_trade(runtime: ProcessRuntime) -> None:
    node = await connected(await started(runtime, replace(SPEC, read_only=True)), Recorder())
    permission = await node.check_trading_permission()
    assert permission.allowed is False
    assert "read-only" in permission.reason
    await node.stop()


async def test_a_read_only_gateway_shows_all_but_its_orders(runtime: ProcessRuntime, tmp_path: Path) -> None:
    recorder = Recorder()
    endpoint = await started(runtime, replace(SPEC, read_only=True))
    # Refusals end the reads: nothing here could wait for a deadline of an hour.
    node = await connected(endpoint, recorder, request_deadline=3600.0)
    async with asyncio.timeout(DEADLINE):
        resync = await node.resync()
        permission = await node.check_trading_permission()
    assert resync.missing == ("open orders", "completed orders")
    assert (resync.read_only, resync.executions, resync.positions) == (True, Seen(), ())
    assert recorder.values
    assert recorder.notices == []
    assert permission.allowed is False
    assert "API is read-only" in permission.reason
    assert "Turn off Read-Only API in the gateway's settings" in permission.reason
    assert '"order"' not in (tmp_path / "gateways" / "alice-1" / "ledger.jsonl").read_text()
    await node.stop()


async def test_an_account_survives_its_gateway_s_restart(runtime: ProcessRuntime) -> None:
    recorder, back = Recorder(), Recorder()
    node = await connected(await started(runtime), recorder)
    aapl = await node.provider.instrument(AAPL)
    request = OrderRequest(
        client_order_id=str(uuid.uuid4()),
        account_code="DU1000001",
        con_id=AAPL,
        side=OrderSide.BUY,
        order_type=OrderType.MKT,
        quantity=Decimal(10),
        time_in_force=TimeInForce.DAY,
    )
    node.execution.place(request, aapl)
    await recorder.update(request.client_order_id, OrderStatus.FILLED)
    await recorder.until(lambda: recorder.executions)
    await node.stop()
    await runtime.stop("alice-1")

    again = await connected(await started(runtime), back)
    resync = await again.resync()
    assert resync.executions is not None
    assert resync.executions.order_refs == {request.client_order_id}
    assert [(held.con_id, held.quantity) for held in resync.positions or ()] == [(AAPL, Decimal(10))]
    assert back.executions == recorder.executions
    await again.stop()
