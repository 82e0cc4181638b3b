"""What stays, what goes, and what isn't ours to touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from brokers.gateways.base import Endpoint, GatewayError
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.logins import Logins
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, container_of, logged_in
from tests.engine import RealEngine


async def test_settings_survive_a_stop_and_nothing_else_does(runtime: DockerRuntime, engine: RealEngine) -> None:
    container = container_of(engine, await logged_in(runtime))
    container.exec_run(["sh", "-c", "echo token > $TWS_SETTINGS_PATH/restart"])
    name = container.name
    await runtime.stop("alice-1")
    assert engine.client.containers.list(all=True, filters={"name": name}) == []
    assert engine.client.networks.list(names=[name]) == []
    again = container_of(engine, await logged_in(runtime))
    assert again.exec_run(["sh", "-c", "cat $TWS_SETTINGS_PATH/restart"]).output == b"token\n"


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


async def test_another_fleet_s_gateway_is_not_waited_for(
    runtime: DockerRuntime, asked: Engine, container_settings: ContainerSettings
) -> None:
    theirs = await logged_in(runtime)
    ours = DockerRuntime(asked, replace(container_settings, fleet="test-another"))
    with pytest.raises(GatewayError, match="not known here"):
        await ours.wait_logged_in(theirs, deadline=DEADLINE)


async def test_a_network_or_a_volume_that_isn_t_ours_is_not_used(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    name = f"{fleet}-alice-1"
    for kind, create in (("network", engine.client.networks.create), ("volume", engine.client.volumes.create)):
        stranger = create(name)
        try:
            with pytest.raises(GatewayError, match=f"The {kind} {name} isn't ours"):
                await runtime.start(DEMO)
        finally:
            stranger.remove()


async def test_a_sweep_removes_what_no_account_owns_with_its_settings(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    kept = await logged_in(runtime)
    await runtime.start(replace(DEMO, name="bob-1"))
    await runtime.start(replace(DEMO, name="charlie-1"))
    await runtime.stop("charlie-1")
    mine_alone = {"wanted": ["alice-1"], "known": ["alice-1"]}
    assert await runtime.sweep(**mine_alone) == []
    assert await runtime.sweep(**mine_alone, older_than=0) == ["bob-1", "charlie-1"]
    assert await runtime.find("alice-1") == kept
    mine: dict[str, Any] = {"label": f"gatehouse.fleet={fleet}"}
    for listed in (engine.client.networks, engine.client.volumes):
        assert [part.name for part in listed.list(filters=mine)] == [f"{fleet}-alice-1"]
    assert [part.name for part in engine.client.containers.list(all=True, filters=mine)] == [f"{fleet}-alice-1"]


async def test_a_sweep_forgets_a_login_that_no_container_got(
    runtime: DockerRuntime, container_settings: ContainerSettings
) -> None:
    """As a keeper leaves it that is killed between the two."""
    await runtime.start(DEMO)
    for name in ("bob-1", "bob-1.relay"):
        Logins(container_settings.logins).write(name, "secret")
    mine_alone = {"wanted": ["alice-1"], "known": ["alice-1"]}
    assert await runtime.sweep(**mine_alone) == []
    assert await runtime.sweep(**mine_alone, older_than=0) == ["bob-1", "bob-1.relay"]
    assert [path.name for path in container_settings.logins.iterdir()] == ["alice-1"]


async def test_a_sweep_ends_what_nobody_wants_and_keeps_its_settings(
    runtime: DockerRuntime, engine: RealEngine, fleet: str
) -> None:
    await runtime.start(DEMO)
    assert await runtime.sweep(wanted=[], known=["alice-1"], older_than=0) == ["alice-1"]
    assert await runtime.sweep(wanted=[], known=["alice-1"], older_than=0) == []
    mine: dict[str, Any] = {"label": f"gatehouse.fleet={fleet}"}
    assert [part.name for part in engine.client.volumes.list(filters=mine)] == [f"{fleet}-alice-1"]
    assert engine.client.networks.list(filters=mine) == engine.client.containers.list(all=True, filters=mine) == []
