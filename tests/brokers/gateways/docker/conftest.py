"""A runtime on a real engine, and what its tests do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from docker.models.containers import Container

from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewaySpec
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from tests.engine import RealEngine

DEADLINE = 60.0
DEMO = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")


@pytest.fixture
async def asked(engine: RealEngine) -> AsyncIterator[Engine]:
    asked = Engine(engine.url)
    yield asked
    asked.close()


@pytest.fixture
def runtime(asked: Engine, container_settings: ContainerSettings) -> DockerRuntime:
    return DockerRuntime(asked, container_settings)


async def logged_in(runtime: DockerRuntime, spec: GatewaySpec = DEMO) -> Endpoint:
    endpoint = await runtime.start(spec)
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    return endpoint


def container_of(engine: RealEngine, endpoint: Endpoint) -> Container:
    return engine.client.containers.get(endpoint.gateway_id.removeprefix("container "))
