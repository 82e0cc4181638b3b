"""A gateway that is started and stopped again, with credentials from the environment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from brokers import Credentials, InteractiveBrokersGateway, InteractiveBrokersGatewayConfig
from brokers.gateways.base import GatewayLoginFailed
from brokers.gateways.external import ExternalRuntime
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.refusals import CredentialMissing

DEMO = Credentials(username="demo", password="demo")


async def listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_gateway_runs_for_as_long_as_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWS_USERNAME", "demo")
    monkeypatch.setenv("TWS_PASSWORD", "demo")
    gateway = InteractiveBrokersGateway()
    async with gateway as endpoint:
        assert gateway.endpoint == endpoint
        assert await listens(endpoint.host, endpoint.port)
        assert any("listening on" in line for line in await gateway.logs())
    assert gateway.endpoint is None
    assert not await listens(endpoint.host, endpoint.port)
    assert await gateway.logs() == []


async def test_its_variables_are_the_ones_that_the_config_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MY_USERNAME", "alice")
    monkeypatch.setenv("MY_PASSWORD", "alice")
    config = InteractiveBrokersGatewayConfig(username="MY_USERNAME", password="MY_PASSWORD", folder=tmp_path)
    async with InteractiveBrokersGateway(config):
        assert (tmp_path / "gateway" / "ledger.jsonl").exists()
        assert not (tmp_path / "gateway" / "password").exists()
    assert (tmp_path / "gateway" / "ledger.jsonl").exists()


@pytest.mark.parametrize("missing", ["TWS_USERNAME", "TWS_PASSWORD"])
async def test_a_missing_variable_is_named_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    monkeypatch.setenv("TWS_USERNAME", "demo")
    monkeypatch.setenv("TWS_PASSWORD", "demo")
    monkeypatch.delenv(missing)
    with pytest.raises(CredentialMissing, match=missing):
        await InteractiveBrokersGateway(InteractiveBrokersGatewayConfig(folder=tmp_path)).start()
    assert await ProcessRuntime(tmp_path).find("gateway") is None
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_a_refused_login_leaves_nothing_behind_and_names_no_password(tmp_path: Path) -> None:
    gateway = InteractiveBrokersGateway(
        InteractiveBrokersGatewayConfig(folder=tmp_path), login=Credentials(username="demo", password="hunter2")
    )
    with pytest.raises(GatewayLoginFailed, match="refused this username and password") as raised:
        await gateway.start()
    assert "hunter2" not in str(raised.value)
    assert gateway.endpoint is None
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_a_start_that_is_called_off_leaves_nothing_behind(tmp_path: Path) -> None:
    gateway = InteractiveBrokersGateway(InteractiveBrokersGatewayConfig(folder=tmp_path), login=DEMO)
    starting = asyncio.create_task(gateway.start())
    async with asyncio.timeout(20):
        while await ProcessRuntime(tmp_path).find("gateway") is None:  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await asyncio.to_thread(sweep, tmp_path) == []


async def test_starting_twice_is_starting_once() -> None:
    gateway = InteractiveBrokersGateway(login=DEMO)
    try:
        assert await gateway.start() == await gateway.start()
    finally:
        await gateway.stop()


async def test_a_gateway_of_somebody_else_s_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWS_USERNAME", raising=False)
    monkeypatch.delenv("TWS_PASSWORD", raising=False)
    async with InteractiveBrokersGateway(login=DEMO) as running:
        runtime = ExternalRuntime(host=running.host, port=running.port)
        async with InteractiveBrokersGateway(InteractiveBrokersGatewayConfig(runtime=runtime)) as endpoint:
            assert (endpoint.host, endpoint.port) == (running.host, running.port)
        assert await listens(running.host, running.port)
