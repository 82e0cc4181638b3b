"""What a login is taken for by what the container says, with images that say what a test wants."""

from __future__ import annotations

import json

import pytest

from brokers.gateways.base import GatewayError, GatewayLoginFailed
from brokers.gateways.docker import waiting
from brokers.gateways.docker.logins import Logins
from brokers.gateways.docker.settings import ContainerSettings
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, Image, RuntimeOf
from tests.engine import RealEngine

PROGRAM = """
import socket, sys, time
print(*sys.argv[1:], sep="\\n", flush=True)
listener = socket.create_server(("0.0.0.0", 4004))
time.sleep(600)
"""


def saying(engine: RealEngine, *lines: str) -> Image:
    """It says these lines, accepts connections, and goes on."""
    command = ["python3", "-c", PROGRAM, *lines]
    return Image(f"FROM {engine.image}\nENTRYPOINT {json.dumps(command)}\n")


async def test_a_refused_gateway_that_would_try_again_is_ended_at_once(
    runtime_of: RuntimeOf, engine: RealEngine
) -> None:
    runtime = runtime_of(saying(engine, "IBC: Unrecognized Username or Password", "IBC: Cold restart in progress"))
    endpoint = await runtime.start(DEMO)
    with pytest.raises(GatewayLoginFailed):
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert await runtime.find("alice-1") is None


async def test_an_open_port_alone_is_no_login(
    runtime_of: RuntimeOf, engine: RealEngine, container_settings: ContainerSettings
) -> None:
    runtime = runtime_of(saying(engine))
    endpoint = await runtime.start(DEMO)
    with pytest.raises(GatewayError, match="within 3 s"):
        await runtime.wait_logged_in(endpoint, deadline=3)
    assert Logins(container_settings.logins).read("alice-1") == "demo"


async def test_what_logged_in_so_long_ago_that_no_line_tells_is_logged_in(
    runtime_of: RuntimeOf, engine: RealEngine, container_settings: ContainerSettings
) -> None:
    runtime = runtime_of(saying(engine))
    endpoint = await runtime.start(DEMO)
    Logins(container_settings.logins).forget("alice-1")
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)


async def test_a_login_without_anything_to_configure_is_one_after_a_while(
    runtime_of: RuntimeOf, engine: RealEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_CONFIGURATION_DEADLINE", 0.5)
    runtime = runtime_of(saying(engine, "IBC: Login has completed"))
    await runtime.wait_logged_in(await runtime.start(DEMO), deadline=DEADLINE)
