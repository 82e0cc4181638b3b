"""Gateways in real containers, on a real engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from docker.models.containers import Container

from brokers.config import TradingNodeConfig
from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, GatewaySpec
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.engine import RealEngine

DEADLINE = 60.0
CANARY = "canary-in-the-coal-mine"
DEMO = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")
CANARY_SPEC = replace(DEMO, name="canary-1", username=CANARY, password=CANARY)


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
    with pytest.raises(GatewayError, match="did not log in within 0 s: nothing was said yet"):
        await runtime.wait_logged_in(endpoint, deadline=0)


async def test_the_container_may_do_nothing_that_a_gateway_needn_t(
    runtime: DockerRuntime, engine: RealEngine, container_settings: ContainerSettings
) -> None:
    host = container_of(engine, await logged_in(runtime)).attrs["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Privileged"] is False
    assert host["Init"] is True
    assert host["Memory"] == host["MemorySwap"] == 256 * 1024 * 1024
    assert host["NanoCpus"] == 1_000_000_000
    assert host["PidsLimit"] == container_settings.pids
    assert host["RestartPolicy"]["Name"] == "no"
    assert host["LogConfig"]["Config"] == {"max-size": "5m", "max-file": "2"}


async def test_nothing_in_the_container_is_root_and_its_root_can_t_be_written(
    runtime: DockerRuntime, engine: RealEngine
) -> None:
    container = container_of(engine, await logged_in(runtime))
    assert container.exec_run(["id", "-u"]).output == b"1000\n"
    assert b"Read-only file system" in container.exec_run(["touch", "/home/ibgateway/x"], user="0").output


async def test_no_port_is_published(runtime: DockerRuntime, engine: RealEngine) -> None:
    attributes = container_of(engine, await logged_in(runtime)).attrs
    assert not attributes["HostConfig"]["PortBindings"]
    assert not attributes["HostConfig"]["PublishAllPorts"]
    assert not any(attributes["NetworkSettings"]["Ports"].values())


REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("reached")
except OSError as error:
    print("kept out")
"""


async def test_one_account_s_container_can_t_reach_another_s_api(runtime: DockerRuntime, engine: RealEngine) -> None:
    alices, bobs = await logged_in(runtime), await logged_in(runtime, replace(DEMO, name="bob-1"))
    alice = container_of(engine, alices)

    def tried(endpoint: Endpoint) -> str:
        result = alice.exec_run(["python3", "-c", REACH, endpoint.host, str(endpoint.port)])
        return str(result.output.decode().strip())

    assert tried(alices) == "reached"
    assert tried(bobs) == "kept out"


async def test_the_password_is_in_nothing_that_the_engine_shows(runtime: DockerRuntime, engine: RealEngine) -> None:
    spec = replace(CANARY_SPEC, username="bob")
    endpoint = await runtime.start(spec)
    container = container_of(engine, endpoint)
    shown = json.dumps([container.attrs, container.image.attrs, engine.client.networks.get(container.name).attrs])
    with pytest.raises(GatewayLoginFailed):
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    container.reload()
    assert CANARY not in shown + json.dumps(container.attrs)
    assert CANARY.encode() not in container.logs()
    assert CANARY not in repr(spec)


async def test_a_container_reads_its_password_until_it_is_logged_in_and_nobody_writes_it(
    runtime: DockerRuntime, engine: RealEngine, container_settings: ContainerSettings
) -> None:
    endpoint = await runtime.start(CANARY_SPEC)
    container = container_of(engine, endpoint)
    assert container.exec_run(["cat", "/run/login/password"]).output == CANARY.encode()
    assert b"Read-only" in container.exec_run(["sh", "-c", "echo x > /run/login/other"], user="0").output
    assert container_settings.logins.stat().st_mode & 0o077 == 0
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert container.exec_run(["ls", "/run/login"]).output == b""
    assert list(container_settings.logins.iterdir()) == []


async def test_a_stop_before_the_login_takes_the_password_with_it(
    runtime: DockerRuntime, container_settings: ContainerSettings
) -> None:
    await runtime.start(DEMO)
    await runtime.stop("alice-1")
    assert list(container_settings.logins.iterdir()) == []


async def test_logs_show_neither_the_username_nor_the_password(runtime: DockerRuntime, engine: RealEngine) -> None:
    endpoint = await logged_in(runtime, replace(DEMO, name="bob-1", username="bobsname", password="bobsname"))
    container = container_of(engine, endpoint)
    container.exec_run(["sh", "-c", "echo it is bobsname, or bobsname > /proc/1/fd/1"])
    lines = await runtime.logs("bob-1")
    assert "it is ***, or ***" in lines
    assert "bobsname" not in "\n".join(lines)
    assert any("Login has completed" in line for line in lines)
    assert len(await runtime.logs("bob-1", lines=2)) == 2


async def test_settings_survive_a_stop_and_nothing_else_does(runtime: DockerRuntime, engine: RealEngine) -> None:
    container = container_of(engine, await logged_in(runtime))
    container.exec_run(["sh", "-c", "echo token > $TWS_SETTINGS_PATH/restart"])
    name = container.name
    await runtime.stop("alice-1")
    assert engine.client.containers.list(all=True, filters={"name": name}) == []
    assert engine.client.networks.list(names=[name]) == []
    again = container_of(engine, await logged_in(runtime))
    assert again.exec_run(["sh", "-c", "cat $TWS_SETTINGS_PATH/restart"]).output == b"token\n"


async def test_a_stop_of_what_does_not_run_is_nothing(runtime: DockerRuntime) -> None:
    await runtime.stop("alice-1")
    assert await runtime.find("alice-1") is None
    assert await runtime.logs("alice-1") == []


async def test_a_stranger_under_a_gateway_s_name_is_left_alone(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    stranger = engine.client.containers.create(engine.image, name=f"{fleet}-alice-1")
    try:
        for refused in (runtime.start(DEMO), runtime.find("alice-1"), runtime.stop("alice-1"), runtime.logs("alice-1")):
            with pytest.raises(GatewayError, match="isn't a gateway of ours"):
                await refused
        stranger.reload()
        assert stranger.status == "created"
    finally:
        stranger.remove()


async def test_waiting_for_a_container_that_isn_t_a_gateway_is_refused(
    runtime: DockerRuntime, engine: RealEngine
) -> None:
    stranger = engine.client.containers.create(engine.image)
    try:
        with pytest.raises(GatewayError, match="not known here"):
            await runtime.wait_logged_in(Endpoint("", 0, f"container {stranger.short_id}"), deadline=DEADLINE)
    finally:
        stranger.remove()


async def test_a_sweep_removes_what_no_account_owns_with_its_settings(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    kept = await logged_in(runtime)
    await runtime.start(replace(DEMO, name="bob-1"))
    await runtime.start(replace(DEMO, name="charlie-1"))
    await runtime.stop("charlie-1")
    assert await runtime.sweep(["alice-1"]) == []
    assert await runtime.sweep(["alice-1"], older_than=0) == ["bob-1", "charlie-1"]
    assert await runtime.find("alice-1") == kept
    mine: dict[str, Any] = {"label": f"gatehouse.fleet={fleet}"}
    for listed in (engine.client.networks, engine.client.volumes):
        assert [part.name for part in listed.list(filters=mine)] == [f"{fleet}-alice-1"]
    assert [part.name for part in engine.client.containers.list(all=True, filters=mine)] == [f"{fleet}-alice-1"]


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
