"""Containers of this process's own: each has its fleet, and leaves nothing of it."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.docker.sweep import sweep
from tests.engine import TEST_FLEETS, RealEngine, real_engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def engine() -> Iterator[RealEngine]:
    with real_engine() as running:
        yield running


@pytest.fixture(scope="session")
def fleet(engine: RealEngine) -> Iterator[str]:
    name = f"{TEST_FLEETS}{secrets.token_hex(4)}"
    yield name
    sweep(engine.client, name, wanted=(), known=(), older_than=0)


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-test-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def container_settings(engine: RealEngine, fleet: str, memory_folder: Path) -> Iterator[ContainerSettings]:
    yield ContainerSettings(
        image=engine.image,
        relay_image=engine.relay_image,
        fleet=fleet,
        logins=memory_folder / "logins",
        memory_mib=256,
    )
    sweep(engine.client, fleet, wanted=(), known=(), older_than=0)
