"""A node that serves: how it comes back, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brokers import (
    Credentials,
    InteractiveBrokersGateway,
    InteractiveBrokersGatewayConfig,
    TradingNode,
    TradingNodeConfig,
)
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.listener import LinkState
from brokers.refusals import (
    AccountMissing,
    ClientIdInUse,
    CredentialMissing,
    GatewayUnreachable,
    LinkLost,
)
from brokers.serving import first_of, keep_connected
from tests.brokers.conftest import Build, at
from tests.brokers.recorder import DEADLINE, Recorder

AAPL = 265598
DEMO = Credentials(username="demo", password="demo")


@pytest.fixture
async def gateway() -> AsyncIterator[Endpoint]:
    async with InteractiveBrokersGateway(login=DEMO) as endpoint:
        yield endpoint


async def test_a_node_serves_until_it_is_stopped(built: Build, simulator: Any) -> None:
    recorder = Recorder()
    node = built(at(simulator), recorder)
    serving = asyncio.create_task(node.serve())
    await recorder.until(lambda: recorder.links)
    await node.stop()
    await asyncio.wait_for(serving, DEADLINE)
    assert recorder.links == [LinkState.UP, LinkState.DOWN]


async def test_a_node_serves_until_its_body_has_ended(built: Build, simulator: Any) -> None:
    node = built(at(simulator))
    heard: list[str] = []

    async def body(given: TradingNode) -> None:
        assert given is node
        heard.append((await given.provider.instrument(AAPL)).symbol)

    await asyncio.wait_for(node.serve(body), DEADLINE)
    assert heard == ["AAPL"]
    assert node.link is LinkState.DOWN


async def test_what_a_body_raises_is_raised_once_the_node_has_stopped(built: Build, simulator: Any) -> None:
    node = built(at(simulator))

    async def body(_: TradingNode) -> None:
        raise KeyError("a fault of the body's")

    with pytest.raises(KeyError, match="a fault of the body's"):
        await asyncio.wait_for(node.serve(body), DEADLINE)
    assert node.link is LinkState.DOWN


async def test_a_node_comes_back_with_its_streams_when_its_gateway_has_died(
    built: Build, login: None, tmp_path: Path
) -> None:
    recorder = Recorder()
    gateway = InteractiveBrokersGatewayConfig(folder=tmp_path)
    node = built(TradingNodeConfig(gateway=gateway, reconnect_pause=0.01), recorder)

    async def body(_: TradingNode) -> None:
        node.data.subscribe_quotes(await node.provider.instrument(AAPL))
        await recorder.until(lambda: recorder.quotes)
        first = await ProcessRuntime(tmp_path).find("gateway")
        assert first is not None
        os.kill(int(first.gateway_id.split()[1]), signal.SIGKILL)
        await recorder.until(lambda: LinkState.DOWN in recorder.links)
        recorder.quotes.clear()
        await recorder.until(lambda: recorder.quotes)
        second = await ProcessRuntime(tmp_path).find("gateway")
        assert second is not None
        assert second != first

    await asyncio.wait_for(node.serve(body), 60)
    assert recorder.links == [LinkState.UP, LinkState.DOWN, LinkState.UP, LinkState.DOWN]
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_nodes_at_two_gateways_on_one_loop_share_nothing(built: Build, simulator: Any, gateway: Endpoint) -> None:
    ours, theirs = Recorder(), Recorder()
    mine = built(at(simulator), ours)
    other = built(TradingNodeConfig(host=gateway.host, port=gateway.port), theirs)
    await asyncio.gather(mine.start(), other.start())
    aapl, eurusd = await asyncio.gather(mine.provider.instrument(AAPL), other.provider.query_one({"pair": "EURUSD"}))
    mine.data.subscribe_quotes(aapl)
    other.data.subscribe_quotes(eurusd)
    await asyncio.gather(ours.until(lambda: len(ours.quotes) > 3), theirs.until(lambda: len(theirs.quotes) > 3))
    assert {quote.con_id for quote in ours.quotes} == {AAPL}
    assert {quote.con_id for quote in theirs.quotes} == {eurusd.con_id}
    assert (list(mine.provider.get_all()), list(other.provider.get_all())) == ([AAPL], [eurusd.con_id])
    await mine.stop()
    assert other.link is LinkState.UP
    assert (await other.provider.instrument(AAPL)).price_increment == Decimal("0.01")
    await other.stop()


async def test_a_failure_on_the_way_out_is_not_swallowed() -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("said last")

    with pytest.raises(KeyError, match="said last"):
        await first_of(asyncio.sleep(0), fails_when_cancelled())


class Lost:
    """A link that is always lost, and a way back that fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stopped = False

    async def wait_closed(self) -> None:
        if not self.stopped:
            raise LinkLost("The connection to the gateway was lost.")

    async def reopen(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.stopped = True


async def test_what_waiting_can_mend_is_tried_again() -> None:
    node = Lost(GatewayUnreachable("Nothing answers."), ClientIdInUse("326"), GatewayError("It ended."))
    await asyncio.wait_for(keep_connected(node, backoff=Backoff(first=0.0)), DEADLINE)
    assert node.failures == []


@pytest.mark.parametrize(
    "failure",
    [
        GatewayLoginFailed("IB refused this username and password."),
        AccountMissing("Not this account."),
        CredentialMissing("TWS_PASSWORD"),
    ],
)
async def test_what_waiting_does_not_mend_is_raised_and_never_tried_again(failure: Exception) -> None:
    node = Lost(failure, LinkLost("not reached"))
    with pytest.raises(type(failure)):
        await asyncio.wait_for(keep_connected(node, backoff=Backoff(first=0.0)), DEADLINE)
    assert len(node.failures) == 1
