"""A gateway's life in a real container, from its start to its end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from brokers.config import TradingNodeConfig
from brokers.domain import TradingMode
from brokers.gateways.base import GatewayError, GatewayLoginFailed
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.node import TradingNode
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, container_of, logged_in
from tests.brokers.recorder import Recorder
from tests.engine import RealEngine


async def test_a_node_shakes_hands_with_a_gateway_in_a_container(runtime: DockerRuntime) -> None:
    endpoint = await logged_in(runtime)
    node = TradingNode(config=TradingNodeConfig(host=endpoint.host, port=endpoint.port), listener=Recorder())
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    await node.connect()
    assert node.account_codes == ["DU1000001"]
    await node.stop()


@pytest.mark.parametrize(("mode", "port"), [(TradingMode.PAPER, 4004), (TradingMode.LIVE, 4003)])
async def test_each_mode_has_its_port_of_the_common_image(runtime: DockerRuntime, mode: TradingMode, port: int) -> None:
    endpoint = await logged_in(runtime, replace(DEMO, trading_mode=mode))
    assert endpoint.port == port


async def test_starting_twice_gives_the_gateway_that_runs(runtime: DockerRuntime) -> None:
    first, second = await asyncio.gather(runtime.start(DEMO), runtime.start(DEMO))
    assert first == second


async def test_another_login_under_the_same_name_gets_a_gateway_of_its_own(runtime: DockerRuntime) -> None:
    first = await logged_in(runtime)
    second = await logged_in(runtime, replace(DEMO, username="bob", password="bob"))
    assert second.gateway_id != first.gateway_id
    assert await runtime.find("alice-1") == second


async def test_a_gateway_that_outlived_its_worker_is_found_again(
    runtime: DockerRuntime, asked: Engine, container_settings: ContainerSettings
) -> None:
    endpoint = await logged_in(runtime)
    another_worker = DockerRuntime(asked, container_settings)
    assert await another_worker.find("alice-1") == endpoint
    assert await another_worker.start(DEMO) == endpoint
    await another_worker.wait_logged_in(endpoint, deadline=DEADLINE)
    await another_worker.stop("alice-1")
    assert await runtime.find("alice-1") is None


async def test_a_refused_login_is_told_from_every_other_end_and_ends_the_gateway(
    runtime: DockerRuntime, container_settings: ContainerSettings
) -> None:
    endpoint = await runtime.start(replace(DEMO, password="wrong"))
    with pytest.raises(GatewayLoginFailed, match="refused this username and password"):
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert await runtime.find("alice-1") is None
    assert list(container_settings.logins.iterdir()) == []


async def test_a_gateway_that_dies_during_its_login_did_not_refuse_the_password(
    runtime: DockerRuntime, engine: RealEngine
) -> None:
    endpoint = await runtime.start(DEMO)
    container_of(engine, endpoint).kill()
    with pytest.raises(GatewayError, match="ended while it was logging in") as raised:
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert not isinstance(raised.value, GatewayLoginFailed)


async def test_a_login_that_takes_too_long_is_given_up(runtime: DockerRuntime) -> None:
    endpoint = await runtime.start(DEMO)
    with pytest.raises(GatewayError, match="did not log in within 0 s"):
        await runtime.wait_logged_in(endpoint, deadline=0)


async def test_a_stop_of_what_does_not_run_is_nothing(runtime: DockerRuntime) -> None:
    await runtime.stop("alice-1")
    assert await runtime.find("alice-1") is None
    assert await runtime.logs("alice-1") == []


@pytest.mark.parametrize("name", ["../elsewhere", "", "a/b", ".hidden", "a b"])
async def test_a_name_that_means_more_than_a_name_is_refused(runtime: DockerRuntime, name: str) -> None:
    with pytest.raises(GatewayError, match="can't be a gateway's name"):
        await runtime.start(replace(DEMO, name=name))


async def test_an_image_that_isn_t_here_is_not_fetched(asked: Engine, container_settings: ContainerSettings) -> None:
    runtime = DockerRuntime(asked, replace(container_settings, image="gatehouse-nowhere:1"))
    with pytest.raises(GatewayError, match="image isn't on this host"):
        await runtime.start(DEMO)
    assert list(container_settings.logins.iterdir()) == []


async def test_an_engine_that_does_not_answer_is_said_so(container_settings: ContainerSettings) -> None:
    nobody = Engine("unix:///nonexistent/docker.sock")
    with pytest.raises(GatewayError, match="No container engine answers at unix:///nonexistent"):
        await DockerRuntime(nobody, container_settings).find("alice-1")
    nobody.close()
