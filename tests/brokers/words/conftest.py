"""A node at a gateway that says what a test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway, scripted_gateway
from tests.brokers.words.stage import node_at


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    async with scripted_gateway() as gateway:
        yield gateway


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(gateway, recorder)
    await node.connect()
    yield node
    node.drop()
