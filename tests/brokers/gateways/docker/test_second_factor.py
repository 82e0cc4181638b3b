"""A login that waits for a person, in a container whose image has a scenario in it."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from brokers.gateways.base import GatewayError, GatewayLoginFailed
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.docker.sweep import sweep
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, container_of
from tests.engine import RealEngine

PROMPT = "Second Factor Authentication initiated"
# What the person with the phone does, on the simulator's control port.
APPROVE = """
import socket
with socket.create_connection(("127.0.0.1", 5000), 5) as phone:
    phone.sendall(b'{"do": "approve"}\\n')
    print(phone.recv(1000))
"""

Runtime = Callable[..., DockerRuntime]


@pytest.fixture
def runtime_of(asked: Engine, engine: RealEngine, container_settings: ContainerSettings) -> Iterator[Runtime]:
    made = []

    def build(*steps: dict[str, Any]) -> DockerRuntime:
        made.append(image_with(engine, list(steps)))
        return DockerRuntime(asked, replace(container_settings, image=made[-1]))

    yield build
    sweep(engine.client, container_settings.fleet, known=(), older_than=0)
    for image in made:
        engine.client.images.remove(image, force=True)


def image_with(engine: RealEngine, steps: list[dict[str, Any]]) -> str:
    command = json.dumps(["--scenario", "/steps.json", "--control-port", "5000"])
    files = {
        "Dockerfile": f"FROM {engine.image}\nCOPY steps.json /steps.json\nCMD {command}\n",
        "steps.json": json.dumps(steps),
    }
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    context.seek(0)
    image, _ = engine.client.images.build(fileobj=context, custom_context=True, rm=True)
    return str(image.id)


async def test_a_login_goes_on_once_a_person_confirms_it(runtime_of: Runtime, engine: RealEngine) -> None:
    runtime = runtime_of({"do": "second_factor"})
    endpoint = await runtime.start(DEMO)
    login = asyncio.create_task(runtime.wait_logged_in(endpoint, deadline=DEADLINE))
    async with asyncio.timeout(DEADLINE):
        while PROMPT not in "\n".join(await runtime.logs("alice-1")):  # noqa: ASYNC110 - a container sets no event
            await asyncio.sleep(0.1)
    assert not login.done()
    assert b"ok" in container_of(engine, endpoint).exec_run(["python3", "-c", APPROVE]).output
    await login


async def test_a_login_that_waits_for_a_person_says_so_at_its_deadline(runtime_of: Runtime) -> None:
    runtime = runtime_of({"do": "second_factor"})
    with pytest.raises(GatewayError, match="did not log in within 10 s: a person has to confirm it on a phone"):
        await runtime.wait_logged_in(await runtime.start(DEMO), deadline=10)


async def test_a_login_that_nobody_confirmed_is_no_refused_password(runtime_of: Runtime) -> None:
    runtime = runtime_of({"do": "second_factor", "attempts": 1, "seconds": 1})
    with pytest.raises(GatewayError, match="Nobody confirmed") as raised:
        await runtime.wait_logged_in(await runtime.start(DEMO), deadline=DEADLINE)
    assert not isinstance(raised.value, GatewayLoginFailed)
