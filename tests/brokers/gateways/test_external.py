from __future__ import annotations

from typing import Any

import pytest

from brokers.domain import TradingMode
from brokers.gateways.base import GatewayError, GatewaySpec
from brokers.gateways.external import ExternalRuntime

SPEC = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="", password="")


async def test_a_gateway_that_somebody_else_runs_is_used_where_it_is(simulator: Any) -> None:
    runtime = ExternalRuntime(host=simulator.host, port=simulator.port)
    endpoint = await runtime.start(SPEC)
    await runtime.wait_logged_in(endpoint, deadline=10)
    assert (endpoint.host, endpoint.port) == (simulator.host, simulator.port)
    await runtime.stop("alice-1")
    assert simulator.process.poll() is None
    assert await runtime.find("alice-1") == endpoint


async def test_a_gateway_that_does_not_answer_is_said_so(simulator: Any) -> None:
    runtime = ExternalRuntime(host=simulator.host, port=simulator.port)
    simulator.process.terminate()
    simulator.process.wait(10)
    with pytest.raises(GatewayError, match="Nothing answers at"):
        await runtime.wait_logged_in(await runtime.start(SPEC), deadline=2)
