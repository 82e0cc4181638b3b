"""A keeper as the process that it is, and bytes sent to it by hand."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.keeper.runtime import KeeperRuntime
from tests.engine import RealEngine
from tests.services import ROOT

DEADLINE = 20.0
Ask = Callable[[bytes], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def keeping(socket: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "brokers.gateways.keeper", "--socket", str(socket), *arguments]
    with (socket.parent / "keeper.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            assert await process.stdout.readline() == f"keeping at {socket}\n".encode()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), DEADLINE)


@pytest.fixture
def keeper_arguments(engine: RealEngine, container_settings: ContainerSettings) -> list[str]:
    settings = container_settings
    told = {"engine": engine.url, "image": settings.image, "fleet": settings.fleet, "logins": settings.logins}
    told |= {"relay-image": settings.relay_image, "memory-mib": settings.memory_mib}
    return [f"--{name}={value}" for name, value in told.items()]


@pytest.fixture
async def socket(memory_folder: Path, keeper_arguments: list[str]) -> AsyncIterator[Path]:
    """Where a keeper listens that answers this user."""
    async with keeping(memory_folder / "keeper.sock", *keeper_arguments):
        yield memory_folder / "keeper.sock"


@pytest.fixture
def runtime(socket: Path) -> KeeperRuntime:
    return KeeperRuntime(socket)


@pytest.fixture
def ask(socket: Path) -> Ask:
    """One line of bytes for one answer."""
    return lambda line: asked(socket, line)


async def asked(socket: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(line)
        async with asyncio.timeout(DEADLINE):
            answer: dict[str, Any] = json.loads(await reader.readline())
        return answer
    finally:
        writer.close()
