"""A gateway's relay in a container of its own: the fence that it keeps, who reaches it, and who sees its key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from docker.models.containers import Container
from docker.models.networks import Network

from brokers.gateways.base import Endpoint, GatewayError
from brokers.gateways.docker import relay_plan
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from brokers.refusals import FenceRefused, GatewayUnreachable, LinkLost
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, container_of, logged_in
from tests.brokers.gateways.relayed import KEY, connect, node_at, take_over
from tests.brokers.words.stage import AAPL, REQUEST
from tests.engine import RealEngine

FENCED = replace(DEMO, relay_key=KEY)
REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("reached")
except OSError as error:
    print("kept out")
"""


def relay_of(engine: RealEngine, fleet: str, name: str = "alice-1") -> Container:
    return engine.client.containers.get(f"{fleet}-{name}.relay")


def containers_of(engine: RealEngine, fleet: str) -> list[str]:
    mine: dict[str, Any] = {"label": f"gatehouse.fleet={fleet}"}
    return sorted(container.name for container in engine.client.containers.list(all=True, filters=mine))


async def test_a_newer_lease_takes_the_gateway_over_and_an_older_one_is_refused(runtime: DockerRuntime) -> None:
    endpoint = await logged_in(runtime, FENCED)
    assert endpoint.behind_relay
    await connect(endpoint, 3)
    await connect(endpoint, 4)
    with pytest.raises(FenceRefused):
        await connect(endpoint, 3)
    with pytest.raises(GatewayUnreachable):
        await connect(endpoint, 5, key=bytes(32))


async def test_an_owner_that_stood_still_meanwhile_wakes_up_and_writes_to_nobody(
    runtime: DockerRuntime, engine: RealEngine
) -> None:
    endpoint = await logged_in(runtime, FENCED)
    stalled = node_at(endpoint, 3)
    await stalled.connect()
    aapl = await stalled.provider.instrument(AAPL.con_id)
    with take_over(endpoint, 4):  # blocks this loop, as a process that is stopped stands still
        stalled.execution.place(REQUEST, aapl)
        with pytest.raises(LinkLost):
            await asyncio.wait_for(stalled.wait_closed(), DEADLINE)
    await connect(endpoint, 5)  # by its end the gateway has read whatever came before
    ledger = container_of(engine, endpoint).exec_run(["sh", "-c", "cat $TWS_SETTINGS_PATH/*.jsonl"])
    rows = [json.loads(row) for row in ledger.output.decode().splitlines()]
    assert rows
    assert [row for row in rows if row["kind"] == "order"] == []


async def test_without_a_key_there_is_no_relay(runtime: DockerRuntime, engine: RealEngine, fleet: str) -> None:
    assert not (await runtime.start(DEMO)).behind_relay
    assert containers_of(engine, fleet) == [f"{fleet}-alice-1"]


async def test_the_relay_s_container_may_do_nothing_that_it_needn_t(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    await runtime.start(FENCED)
    relay = relay_of(engine, fleet)
    host = relay.attrs["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["CapAdd"]) == (True, ["ALL"], None)
    assert (host["SecurityOpt"], host["Privileged"]) == (["no-new-privileges"], False)
    assert host["Memory"] == host["MemorySwap"] == 64 * 1024 * 1024
    assert (host["NanoCpus"], host["PidsLimit"]) == (500_000_000, 32)
    assert not host["PortBindings"]
    assert relay.exec_run(["id", "-u"]).output == b"1001\n"
    assert b"Read-only file system" in relay.exec_run(["touch", "/x"], user="0").output


async def test_the_key_is_in_nothing_that_the_engine_or_a_log_shows(
    runtime: DockerRuntime, engine: RealEngine, fleet: str, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await logged_in(runtime, FENCED)
    await connect(endpoint, 1)
    relay, gateway = relay_of(engine, fleet), container_of(engine, endpoint)
    shown = json.dumps([relay.attrs, gateway.attrs, relay.image.attrs, relay.image.history(), relay.diff()])
    told = relay.exec_run(["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"]).output.decode(errors="replace")
    assert "--key-file" in told
    logged = (relay.logs() + gateway.logs()).decode() + caplog.text
    assert KEY.hex() not in shown + told + logged
    assert repr(KEY) not in repr(FENCED)


async def test_the_key_is_read_by_the_relay_alone_and_stays_as_long_as_it(
    runtime: DockerRuntime, engine: RealEngine, container_settings: ContainerSettings, fleet: str
) -> None:
    endpoint = await logged_in(runtime, FENCED)
    assert [path.name for path in container_settings.logins.iterdir()] == ["alice-1.relay"]
    assert relay_of(engine, fleet).exec_run(["cat", "/run/relay/key"]).output == f"{KEY.hex()}\n".encode()
    assert container_of(engine, endpoint).exec_run(["ls", "/run/relay"]).exit_code
    await runtime.stop("alice-1")
    assert list(container_settings.logins.iterdir()) == []


async def test_another_worker_finds_the_same_relay(
    runtime: DockerRuntime, asked: Engine, container_settings: ContainerSettings, engine: RealEngine, fleet: str
) -> None:
    endpoint = await logged_in(runtime, FENCED)
    relay = relay_of(engine, fleet)
    another = DockerRuntime(asked, container_settings)
    assert await another.find("alice-1") == endpoint
    assert await another.start(FENCED) == endpoint
    assert relay_of(engine, fleet) == relay


async def test_a_relay_that_ended_is_made_again_and_its_gateway_keeps_its_login(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    first = await logged_in(runtime, FENCED)
    await connect(first, 5)
    relay_of(engine, fleet).stop(timeout=5)
    assert await runtime.find("alice-1") is None
    endpoint = await logged_in(runtime, FENCED)
    assert endpoint.gateway_id == first.gateway_id
    with pytest.raises(FenceRefused):
        await connect(endpoint, 4)
    await connect(endpoint, 5)


KILL_ITSELF = """
import os, signal
for pid in filter(str.isdigit, os.listdir("/proc")):
    if b"--key-file" in open(f"/proc/{pid}/cmdline", "rb").read().split(b"\\0") and pid != "1":
        os.kill(int(pid), signal.SIGKILL)
"""


async def test_a_relay_that_dies_comes_back_by_itself_with_its_key_and_its_fence(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    await connect(await logged_in(runtime, FENCED), 5)
    relay = relay_of(engine, fleet)
    relay.exec_run(["python3", "-c", KILL_ITSELF])
    endpoint = await back_again(runtime, relay)
    with pytest.raises(FenceRefused):
        await connect(endpoint, 4)


async def back_again(runtime: DockerRuntime, relay: Container) -> Endpoint:
    """Once it has said twice that it listens."""
    async with asyncio.timeout(DEADLINE):
        while relay.logs().count(b"listening on") < 2:  # noqa: ASYNC110 - a container sets no event
            await asyncio.sleep(0.1)
    endpoint = await runtime.find("alice-1")
    assert endpoint is not None
    return endpoint


async def test_with_a_new_key_the_relay_is_made_again_and_the_gateway_is_not(runtime: DockerRuntime) -> None:
    first = await logged_in(runtime, FENCED)
    endpoint = await runtime.start(replace(FENCED, relay_key=bytes(32)))
    assert endpoint.gateway_id == first.gateway_id
    await connect(endpoint, 1, key=bytes(32))
    with pytest.raises(GatewayUnreachable):
        await connect(endpoint, 2)


async def test_a_gateway_from_before_relays_gets_one(runtime: DockerRuntime) -> None:
    first = await logged_in(runtime)
    endpoint = await runtime.start(FENCED)
    assert endpoint.gateway_id == first.gateway_id
    await connect(endpoint, 1)


async def test_stopping_ends_both_and_a_later_start_has_not_forgotten_the_fence(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    await connect(await logged_in(runtime, FENCED), 8)
    await runtime.stop("alice-1")
    assert containers_of(engine, fleet) == []
    endpoint = await logged_in(runtime, FENCED)
    with pytest.raises(FenceRefused):
        await connect(endpoint, 7)


async def test_a_sweep_takes_the_relay_its_key_and_its_fence(
    runtime: DockerRuntime, engine: RealEngine, container_settings: ContainerSettings, fleet: str
) -> None:
    await runtime.start(FENCED)
    assert await runtime.sweep(wanted=(), known=(), older_than=0) == ["alice-1"]
    mine: dict[str, Any] = {"label": f"gatehouse.fleet={fleet}"}
    assert containers_of(engine, fleet) == engine.client.volumes.list(filters=mine) == []
    assert list(container_settings.logins.iterdir()) == []


async def test_a_relay_that_cannot_be_started_is_said_so_and_leaves_no_gateway(
    asked: Engine, engine: RealEngine, container_settings: ContainerSettings, fleet: str
) -> None:
    """The gateway's own image has no relay in it."""
    runtime = DockerRuntime(asked, replace(container_settings, relay_image=engine.image))
    with pytest.raises(GatewayError, match="relay ended at its start"):
        await runtime.start(FENCED)
    assert containers_of(engine, fleet) == []
    assert list(container_settings.logins.iterdir()) == []


async def test_a_stranger_under_a_relay_s_name_is_left_alone(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    stranger = engine.client.containers.create(engine.image, name=f"{fleet}-alice-1.relay")
    try:
        with pytest.raises(GatewayError, match="isn't a relay of ours"):
            await runtime.start(FENCED)
        stranger.reload()
        assert stranger.status == "created"
    finally:
        stranger.remove()


@pytest.fixture
def shared(engine: RealEngine, fleet: str) -> Iterator[Network]:
    """The network that workers in containers share with relays."""
    network = engine.client.networks.create(f"{fleet}-relays", internal=True)
    yield network
    for container in engine.client.containers.list(all=True, filters={"network": network.id}, ignore_removed=True):
        container.remove(force=True)
    network.remove()


async def test_a_worker_in_a_container_reaches_the_relay_and_not_the_gateway(
    asked: Engine, engine: RealEngine, container_settings: ContainerSettings, shared: Network
) -> None:
    runtime = DockerRuntime(asked, replace(container_settings, relay_network=shared.name))
    endpoint = await logged_in(runtime, FENCED)
    gateway = container_of(engine, endpoint)
    own = gateway.attrs["NetworkSettings"]["Networks"]
    assert list(own) == [gateway.name]
    worker = engine.client.containers.run(
        engine.image, ["600"], entrypoint="sleep", network=shared.name, detach=True, init=True
    )

    def tried(host: str, port: int) -> str:
        return str(worker.exec_run(["python3", "-c", REACH, host, str(port)]).output.decode().strip())

    assert tried(endpoint.host, endpoint.port) == "reached"
    assert tried(own[gateway.name]["IPAddress"], 4004) == "kept out"
    assert endpoint.port == relay_plan.LISTEN_PORT
    await connect(endpoint, 1)
    assert await runtime.find("alice-1") == endpoint


async def test_a_network_that_isn_t_there_is_said_so_and_leaves_nothing(
    asked: Engine, container_settings: ContainerSettings, engine: RealEngine, fleet: str
) -> None:
    runtime = DockerRuntime(asked, replace(container_settings, relay_network="nowhere"))
    with pytest.raises(GatewayError, match="nowhere"):
        await runtime.start(FENCED)
    assert containers_of(engine, fleet) == []
