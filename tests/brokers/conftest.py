"""A simulated gateway, a listener and nodes, for every test of the library that doesn't make its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from brokers import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
    TradingNode,
    TradingNodeConfig,
)
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running, started, stopped


class Build(Protocol):
    def __call__(
        self, config: TradingNodeConfig, recorder: Recorder | None = None, *, data: bool = True, orders: bool = True
    ) -> TradingNode: ...


@pytest.fixture
async def built() -> AsyncIterator[Build]:
    """Makes nodes, and ends what a failed test left of them."""
    nodes: list[TradingNode] = []

    def build(
        config: TradingNodeConfig, recorder: Recorder | None = None, *, data: bool = True, orders: bool = True
    ) -> TradingNode:
        node = TradingNode(config=config, listener=recorder)
        if data:
            node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
        if orders:
            node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
        node.build()
        nodes.append(node)
        return node

    yield build
    for node in nodes:
        await node.stop()


def at(simulator: Any, **settings: Any) -> TradingNodeConfig:
    return TradingNodeConfig(host=simulator.host, port=simulator.port, **settings)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWS_USERNAME", "demo")
    monkeypatch.setenv("TWS_PASSWORD", "demo")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl")
    yield one
    await stopped(one)
