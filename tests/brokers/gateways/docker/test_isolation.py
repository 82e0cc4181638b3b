"""What a container may, whom it reaches, and who sees its password."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from brokers.gateways.base import Endpoint, GatewayLoginFailed
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, container_of, logged_in
from tests.engine import RealEngine

CANARY = "canary-in-the-coal-mine"
CANARY_SPEC = replace(DEMO, name="canary-1", username=CANARY, password=CANARY)


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
