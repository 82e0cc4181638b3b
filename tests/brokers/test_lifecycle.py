"""What a node's start and its way back wait for, and what they go on without. At the simulated gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from brokers.domain import OURS
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import ClientIdInUse
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.simulator.conftest import Running, started, stopped
from tests.brokers.words.stage import node_at

Answer = TypeVar("Answer")
QUICK = {"reconnect_pause": 0.01, "longest_reconnect_pause": 0.05}


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl")
    yield one
    await stopped(one)


@pytest.fixture
async def at(running: Any, recorder: Recorder) -> AsyncIterator[Callable[..., TradingNode]]:
    """Makes nodes at the gateway, and ends them."""
    nodes: list[TradingNode] = []

    def build(**settings: Any) -> TradingNode:
        nodes.append(node_at(running, recorder, **(QUICK | settings)))
        return nodes[-1]

    yield build
    for node in nodes:
        await node.stop()


At = Callable[..., TradingNode]


@asynccontextmanager
async def under_way(awaitable: Awaitable[Answer]) -> AsyncIterator[asyncio.Future[Answer]]:
    """It ends with the block, whatever became of it."""
    task = asyncio.ensure_future(awaitable)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def in_time(awaitable: Awaitable[Answer]) -> Answer:
    return await asyncio.wait_for(awaitable, DEADLINE)


async def told(recorder: Recorder, words: str, *, times: int = 1) -> str:
    """What the owner was told in our own words, once it was told so often."""

    def notices() -> list[str]:
        return [one.message for one in recorder.notices if one.code == OURS and words in one.message]

    return (await recorder.until(lambda: len(notices()) >= times and notices()))[-1]


# A client id that is in use


async def test_a_start_waits_for_its_client_id_and_tries_no_other(running: Running, recorder: Recorder, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    async with under_way(at().start()) as starting:
        assert "client id 1" in await told(recorder, "It is tried again")
        await recorder.until(lambda: len([one for one in recorder.notices if one.code == 326]) >= 3)
        await running.scenario.do("free_client_id", client_id=1)
        assert (await in_time(starting)).credentials_valid
    assert recorder.links == [LinkState.UP]
    assert {row["client_id"] for row in running.rows("connection") if row["event"] == "opened"} == {1}


async def test_a_client_id_that_stays_in_use_ends_the_start_at_its_deadline(running: Running, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    with pytest.raises(ClientIdInUse, match="client id 1"):
        await in_time(at(start_deadline=0.2).start())


async def test_a_start_that_may_not_wait_says_at_once_that_the_client_id_is_in_use(running: Running, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    with pytest.raises(ClientIdInUse):
        await in_time(at(start_deadline=0).start())
    assert len(running.rows("connection")) == 1


async def test_a_stop_ends_the_wait_for_a_client_id(running: Running, recorder: Recorder, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    node = at(reconnect_pause=3600, longest_reconnect_pause=3600)
    async with under_way(node.serve()) as serving:
        await told(recorder, "It is tried again")
        await node.stop()
        await in_time(serving)
