"""A simulated gateway and a listener, for every test of the library that doesn't make its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running, started, stopped


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl")
    yield one
    await stopped(one)
