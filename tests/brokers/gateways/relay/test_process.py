"""`python -m brokers.gateways.relay`, as a runtime starts it."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brokers.gateways.relay.door import Address
from brokers.gateways.relay.words import Verdict
from tests.brokers.gateways.relay.stage import DEADLINE, HOST, KEY, NAME, Place
from tests.brokers.gateways.relay.watcher import Watcher
from tests.services import ROOT

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def gateway() -> Iterator[Watcher]:
    with Watcher() as gateway:
        yield gateway


@pytest.fixture
def start(tmp_path: Path, gateway: Watcher) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def relay(**changes: str) -> subprocess.Popen[str]:
        key = tmp_path / "relay.key"
        key.write_text(KEY.hex() + "\n")
        options = {"name": NAME, "listen": f"{HOST}:0", "upstream": f"{HOST}:{gateway.port}", "key-file": str(key)}
        options |= {"memory": str(tmp_path / "fence"), **changes}
        command = [sys.executable, "-m", "brokers.gateways.relay"]
        for name, value in options.items():
            command += [f"--{name}", value]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield relay
    for process in started:
        process.kill()
        process.communicate(timeout=DEADLINE)


def listening(process: subprocess.Popen[str], gateway: Watcher, memory: Path) -> Place:
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said.startswith("listening on "), said
    return Place(Address(HOST, int(said.rpartition(":")[2])), gateway, memory)


async def knock(place: Place, fence: int) -> Verdict:
    try:
        return (await place.knock(fence))[1].verdict
    finally:
        await place.see_off()


def test_a_relay_that_was_killed_has_not_forgotten_whom_it_let_through(
    start: Start, gateway: Watcher, tmp_path: Path
) -> None:
    first = start()
    assert asyncio.run(knock(listening(first, gateway, tmp_path), 7)) is Verdict.WELCOME
    first.kill()
    first.wait(DEADLINE)
    second = start()
    place = listening(second, gateway, tmp_path)
    assert asyncio.run(knock(place, 6)) is Verdict.OUTDATED
    assert asyncio.run(knock(place, 7)) is Verdict.WELCOME


def test_a_second_relay_before_the_same_gateway_is_refused(start: Start, gateway: Watcher, tmp_path: Path) -> None:
    listening(start(), gateway, tmp_path)
    second = start()
    assert second.communicate(timeout=DEADLINE)[0].startswith("ended: Another relay uses the fence's file")
    assert second.returncode == 4


def test_told_to_end_it_ends_with_who_is_connected(start: Start, gateway: Watcher, tmp_path: Path) -> None:
    process = start()

    async def end(place: Place) -> bytes:
        client = await place.enter(1)
        process.send_signal(signal.SIGTERM)
        try:
            return await client.ended()
        finally:
            await place.see_off()

    assert asyncio.run(end(listening(process, gateway, tmp_path))) == b""
    assert process.wait(DEADLINE) == 0


def test_a_memory_that_holds_no_fence_lets_nobody_in(start: Start, tmp_path: Path) -> None:
    (tmp_path / "fence").write_text("seven\n")
    process = start()
    assert "holds no fence" in process.communicate(timeout=DEADLINE)[0]
    assert process.returncode == 4


@pytest.mark.parametrize("text", ["", "secret", "0" * 63])
def test_a_file_that_holds_no_key_is_said_so_and_not_shown(start: Start, tmp_path: Path, text: str) -> None:
    (tmp_path / "other.key").write_text(text)
    process = start(**{"key-file": str(tmp_path / "other.key")})
    said = process.communicate(timeout=DEADLINE)[0]
    assert said == f"ended: The file {tmp_path / 'other.key'} holds no key: 64 hexadecimal digits on one line.\n"
    assert process.returncode == 3


def test_a_port_that_is_taken_is_said_so(start: Start) -> None:
    with socket.create_server((HOST, 0)) as taken:
        process = start(listen=f"{HOST}:{taken.getsockname()[1]}")
        assert "in use" in process.communicate(timeout=DEADLINE)[0]
        assert process.returncode == 5


@pytest.mark.parametrize(("option", "value"), [("name", "../x"), ("listen", "4002"), ("upstream", "host:99999")])
def test_what_cannot_be_meant_is_refused(start: Start, option: str, value: str) -> None:
    process = start(**{option: value})
    assert value in process.communicate(timeout=DEADLINE)[0]
    assert process.returncode == 2
