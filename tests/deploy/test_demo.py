"""`make demo` as a person meets it: its own process, its own folder, a real port, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from brokers.gateways import process as gateways
from brokers.gateways.docker.names import FLEET
from brokers.gateways.docker.sweep import sweep
from deploy.local import services
from deploy.local.containers import fleet_of, logins_of
from deploy.local.processes import became_true
from tests.engine import real_engine
from tests.services import ROOT

pytestmark = pytest.mark.timeout(240)
READY = "Gatehouse is ready at http://127.0.0.1:{port} (demo / demo)"


@dataclass
class Demo:
    """One `python -m deploy.local demo`, with what it printed."""

    process: subprocess.Popen[bytes]
    var: Path
    port: int
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        ready = READY.format(port=self.port)
        ended = became_true(lambda: ready in self.said().splitlines() or self.process.poll() is not None, deadline=120)
        assert ended, self.said()
        assert self.process.poll() is None, self.said()

    def family(self) -> set[psutil.Process]:
        """Itself and all that it led to, wherever that hangs in the tree by now: each names the folder."""
        mine = str(self.var).encode()
        return {process for process in psutil.process_iter() if mine in words_of(process)}


def words_of(process: psutil.Process) -> bytes:
    folder = Path("/proc", str(process.pid))
    try:
        return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    except OSError:  # it ended, or is somebody else's
        return b""


STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture
def var(open_folder: Path) -> Iterator[Path]:
    """With a space in it, as a clone's path may have."""
    folder = open_folder / "a var"
    folder.mkdir()
    yield folder
    for process in STARTED:
        process.kill()
        process.wait(10)
    STARTED.clear()
    gateways.sweep(folder / "gateways")
    services.sweep(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, port: int | str, *options: str) -> Demo:
    output = var.parent / f"output-{len(list(var.parent.glob('output-*')))}"
    command = [sys.executable, "-m", "deploy.local", "demo", "--var", str(var), f"--port={port}", *options]
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
    STARTED.append(process)
    return Demo(process=process, var=var, port=int(port) if str(port).isdecimal() else 0, output=output)


def test_the_demo_runs_stops_and_continues(var: Path, port: int) -> None:
    first = start(var, port)
    first.wait_until_ready()
    family = first.family()
    names = {" ".join(process.cmdline()) for process in family}
    for part in ("uvicorn", " worker ", " beat ", "postgres -D", "brokers.simulator"):
        assert any(part in name for name in names), part
    assert listening_addresses(family) == {"127.0.0.1"}
    account = the_account(first)

    second = start(var, port)
    assert second.process.wait(30) == 1
    assert "already runs" in second.said()

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 0
    assert became_true(lambda: first.family() == set(), deadline=5), first.family()

    again = start(var, port)
    again.wait_until_ready()
    assert the_account(again) == account
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(60) == 0
    assert became_true(lambda: again.family() == set(), deadline=5), again.family()
    assert files_open_to_others(var) == []
    assert logs_with_secrets(first) == []


def files_open_to_others(var: Path) -> list[str]:
    secret = [var / "api-token", var / "admin-password", *(var / "keys").iterdir()]
    return [path.name for path in secret if path.read_bytes() and path.stat().st_mode & 0o077]


def logs_with_secrets(demo: Demo) -> list[str]:
    secrets = [(demo.var / name).read_bytes().strip() for name in ("api-token", "admin-password", "keys/secret-key")]
    written = [demo.output, *(demo.var / "log").iterdir()]
    return [path.name for path in written for secret in secrets if secret in path.read_bytes()]


def listening_addresses(family: set[psutil.Process]) -> set[str]:
    found = [connection for process in family for connection in process.net_connections("inet")]
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def the_account(demo: Demo) -> object:
    token = (demo.var / "api-token").read_text().strip()
    answer = httpx.get(
        f"http://127.0.0.1:{demo.port}/api/v1/accounts", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    (account,) = answer.json()["items"]
    assert account["state"] == "READY"
    return account["id"]


def test_what_a_kill_9_left_is_ended_at_the_next_start_and_a_part_that_dies_ends_the_rest(var: Path, port: int) -> None:
    killed = start(var, port)
    killed.wait_until_ready()
    gateway = gateway_of(killed)
    part(killed, "worker").kill()  # so that nobody stops the gateway in good order
    killed.process.kill()
    killed.process.wait(10)
    assert gateway.is_running()

    again = start(var, port)
    again.wait_until_ready()

    assert not gateway.is_running()
    assert gateway_of(again) != gateway

    part(again, "web").kill()

    assert again.process.wait(60) == 1
    assert "web ended (signal SIGKILL). The end of" in again.said()
    assert became_true(lambda: again.family() == set(), deadline=5), again.family()


def part(demo: Demo, name: str) -> psutil.Process:
    return psutil.Process(json.loads((demo.var / "run" / f"{name}.json").read_text())["pid"])


def gateway_of(demo: Demo) -> psutil.Process:
    (gateway,) = [process for process in demo.family() if "brokers.simulator" in process.cmdline()]
    return gateway


def test_a_port_in_use_is_named_before_anything_starts(var: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        demo = start(var, port)
        assert demo.process.wait(30) == 1

    assert f"Port {port} of 127.0.0.1 is in use" in demo.said()
    assert "PORT=8100 make demo" in demo.said()
    assert not (var / "postgres").exists()


@pytest.mark.parametrize("wrong", ["0", "65536", "http", "-1", ""])
def test_a_port_that_is_none_is_refused(var: Path, wrong: str) -> None:
    demo = start(var, wrong)
    assert demo.process.wait(30) == 1

    assert f"PORT is {wrong!r}; it must be a number from 1 to 65535" in demo.said()


@pytest.mark.docker
def test_the_demo_s_gateways_run_in_containers_when_asked(var: Path, port: int) -> None:
    with real_engine() as engine:
        demo = start(var, port, "--gateways=docker")
        demo.wait_until_ready()
        mine = {"label": f"{FLEET}={fleet_of(var)}"}
        images = sorted(made.image.tags for made in engine.client.containers.list(filters=mine))
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(60) == 0, demo.said()
        try:
            assert images == sorted([[engine.image], [engine.relay_image]])
            assert demo.family() == set()
            assert not logins_of(fleet_of(var)).exists()
            assert engine.client.containers.list(all=True, filters=mine) == []
        finally:
            sweep(engine.client, fleet_of(var), wanted=(), known=(), older_than=0)


def test_a_place_for_gateways_that_does_not_exist_is_refused_with_those_that_do(var: Path, port: int) -> None:
    demo = start(var, port, "--gateways=dokcer")
    assert demo.process.wait(30) == 1
    assert "GATEWAYS is 'dokcer'; it must be process or docker" in demo.said()


def hear_interrupts() -> None:
    """A shell starts what runs in its background with SIGINT ignored, and make keeps that for good."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_make_passes_its_end_on(var: Path, port: int) -> None:
    """A signal to make alone, which Ctrl-C at a terminal is not, stops the demo too."""
    makefile = var.parent / "Makefile"
    command = f"'{sys.executable}' -m deploy.local demo --var '{var}' --port {port} --with-parent"
    makefile.write_text(f"demo:\n\t@exec {command}\n")
    for number in (signal.SIGINT, signal.SIGKILL):
        output = var.parent / f"output-{number.name}"
        with output.open("wb") as file:
            make = subprocess.Popen(
                [shutil.which("make") or "make", "-f", str(makefile), "demo"],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=dict(os.environ),
                preexec_fn=hear_interrupts,
            )
        STARTED.append(make)
        demo = Demo(process=make, var=var, port=port, output=output)
        demo.wait_until_ready()

        make.send_signal(number)

        make.wait(60)
        assert became_true(lambda demo=demo: demo.family() == set(), deadline=60), demo.family()
