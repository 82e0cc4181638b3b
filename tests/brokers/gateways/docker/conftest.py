"""A runtime on a real engine, and what its tests do with it."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from docker.models.containers import Container

from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewaySpec
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.docker.sweep import sweep
from tests.engine import RealEngine

DEADLINE = 60.0
DEMO = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")


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


@dataclass(frozen=True, slots=True)
class Image:
    """What a test's own image is built from."""

    dockerfile: str
    files: dict[str, str] = field(default_factory=dict)

    def build(self, engine: RealEngine) -> str:
        own = f"{self.dockerfile}LABEL one-of-a-kind={secrets.token_hex(8)}\n"  # or another test could remove it
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, text in {"Dockerfile": own, **self.files}.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(text), 0o644
                archive.addfile(member, io.BytesIO(text.encode()))
        context.seek(0)
        built, _ = engine.client.images.build(fileobj=context, custom_context=True, rm=True)
        return str(built.id)


RuntimeOf = Callable[[Image], DockerRuntime]


@pytest.fixture
def runtime_of(asked: Engine, engine: RealEngine, container_settings: ContainerSettings) -> Iterator[RuntimeOf]:
    built = []

    def runtime(image: Image) -> DockerRuntime:
        built.append(image.build(engine))
        return DockerRuntime(asked, replace(container_settings, image=built[-1]))

    yield runtime
    sweep(engine.client, container_settings.fleet, wanted=(), known=(), older_than=0)
    for image_id in built:
        engine.client.images.remove(image_id, force=True)
