"""Gateways as processes: real ones, found again by what is written down of them."""

# ruff: noqa: ASYNC240 - a test may look at a small file

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brokers.domain import TradingMode
from brokers.gateways import process
from brokers.gateways.base import GatewayError, GatewayLoginFailed, GatewaySpec
from brokers.gateways.identity import ProcessIdentity
from brokers.gateways.process import ProcessRuntime, sweep

DEADLINE = 20.0
SECRET = "correct-horse-battery"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gateways"


@pytest.fixture
async def runtime(folder: Path) -> AsyncIterator[ProcessRuntime]:
    yield ProcessRuntime(folder)
    await asyncio.to_thread(sweep, folder)


def spec(**changes: object) -> GatewaySpec:
    fields: dict[str, object] = {
        "name": "alice-1",
        "trading_mode": TradingMode.PAPER,
        "username": SECRET,
        "password": SECRET,
    }
    return GatewaySpec(**(fields | changes))  # type: ignore[arg-type]


def pid_of(folder: Path, name: str = "alice-1") -> int:
    return int(json.loads((folder / name / "gateway.json").read_text())["pid"])


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


async def test_a_started_gateway_logs_in_and_answers_on_its_port(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await runtime.start(spec(username="demo", password="demo"))
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert answers(endpoint.port)
    assert endpoint.gateway_id == f"process {pid_of(folder)}"


async def test_a_refused_login_is_told_from_every_other_end(runtime: ProcessRuntime) -> None:
    endpoint = await runtime.start(spec(password="wrong"))
    with pytest.raises(GatewayLoginFailed, match="refused this username and password"):
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert await runtime.find("alice-1") is None


async def test_a_gateway_that_dies_during_its_login_did_not_refuse_the_password(
    runtime: ProcessRuntime, folder: Path
) -> None:
    endpoint = await runtime.start(spec())
    os.kill(pid_of(folder), signal.SIGKILL)
    with pytest.raises(GatewayError, match="exit status -9") as raised:
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    assert not isinstance(raised.value, GatewayLoginFailed)


async def test_a_login_that_takes_too_long_is_given_up(runtime: ProcessRuntime) -> None:
    endpoint = await runtime.start(spec())
    with pytest.raises(GatewayError, match="did not log in within 0 s"):
        await runtime.wait_logged_in(endpoint, deadline=0)


async def test_starting_twice_gives_the_gateway_that_runs(runtime: ProcessRuntime) -> None:
    first = await runtime.start(spec())
    assert await runtime.start(spec()) == first


async def test_another_login_under_the_same_name_gets_a_gateway_of_its_own(runtime: ProcessRuntime) -> None:
    first = await runtime.start(spec())
    second = await runtime.start(spec(username="bob", password="bob"))
    assert second.gateway_id != first.gateway_id


async def test_a_gateway_that_outlived_its_worker_is_found_again(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await runtime.start(spec())
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    another_worker = ProcessRuntime(folder)
    assert await another_worker.find("alice-1") == endpoint
    await another_worker.wait_logged_in(endpoint, deadline=DEADLINE)
    await another_worker.stop("alice-1")
    assert not answers(endpoint.port)


async def test_a_process_that_only_has_the_number_is_not_taken_for_the_gateway(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await runtime.start(spec())
    await runtime.stop("alice-1")
    stranger = ProcessIdentity.of(os.getpid())
    record = {"pid": stranger.pid, "started": stranger.started - 1, "port": 1, "login": ""}
    (folder / "alice-1" / "gateway.json").write_text(json.dumps(record))
    assert await runtime.find("alice-1") is None
    await runtime.stop("alice-1")
    assert ProcessIdentity.of(os.getpid()) == stranger


async def test_the_password_is_in_a_private_file_alone_and_only_during_the_login(
    runtime: ProcessRuntime, folder: Path
) -> None:
    endpoint = await runtime.start(spec(username="bob", password=SECRET))
    proc = Path(f"/proc/{pid_of(folder)}")
    assert SECRET.encode() not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    with pytest.raises(GatewayLoginFailed):
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "alice-1" / "password" not in files
    assert not any(SECRET in path.read_text() for path in files)
    assert SECRET not in "\n".join(await runtime.logs("alice-1"))
    assert SECRET not in repr(spec(username="bob"))


async def test_nobody_else_may_read_a_gateway_s_files(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await runtime.start(spec())
    modes = {path: path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]}
    assert folder / "alice-1" / "password" in modes
    assert set(modes.values()) == {0}
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)


async def test_none_of_our_environment_reaches_a_gateway(
    runtime: ProcessRuntime, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEHOUSE_PRIVATE_KEYSET", "/somewhere/private.json")
    await runtime.start(spec())
    assert b"GATEHOUSE" not in Path(f"/proc/{pid_of(folder)}/environ").read_bytes()


async def test_stopping_leaves_the_ledger_and_the_log_and_no_process(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await runtime.start(spec())
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    pid = pid_of(folder)
    await runtime.stop("alice-1")
    assert not Path(f"/proc/{pid}").exists()
    assert sorted(path.name for path in (folder / "alice-1").iterdir()) == ["gateway.log", "ledger.jsonl"]
    assert await runtime.logs("alice-1", lines=1)
    await runtime.stop("alice-1")


async def test_a_gateway_that_ignores_sigterm_is_killed(
    runtime: ProcessRuntime, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    await runtime.start(spec())
    pid = pid_of(folder)
    os.kill(pid, signal.SIGSTOP)  # a stopped process takes no SIGTERM
    await runtime.stop("alice-1")
    assert not Path(f"/proc/{pid}").exists()


async def test_a_sweep_ends_what_a_killed_owner_left(runtime: ProcessRuntime, folder: Path) -> None:
    recorded = await runtime.start(spec())
    await runtime.start(spec(name="bob-1"))
    unrecorded = pid_of(folder, "bob-1")
    (folder / "bob-1" / "gateway.json").unlink()
    assert sorted(await asyncio.to_thread(sweep, folder)) == ["alice-1", "bob-1"]
    assert not Path(f"/proc/{unrecorded}").exists()
    assert not Path(f"/proc/{recorded.gateway_id.split()[1]}").exists()
    assert not list(folder.rglob("password"))
    assert await asyncio.to_thread(sweep, folder) == []


async def test_a_gateway_without_a_record_makes_room_for_the_next_one(runtime: ProcessRuntime, folder: Path) -> None:
    await runtime.start(spec())
    unrecorded = pid_of(folder)
    (folder / "alice-1" / "gateway.json").unlink()
    await runtime.start(spec())
    assert not Path(f"/proc/{unrecorded}").exists()


async def test_whoever_only_reads_the_ledger_is_left_alone(runtime: ProcessRuntime, folder: Path) -> None:
    await runtime.start(spec())
    await runtime.stop("alice-1")
    reader = await asyncio.create_subprocess_exec("tail", "-f", str(folder / "alice-1" / "ledger.jsonl"))
    try:
        await asyncio.to_thread(sweep, folder)
        assert ProcessIdentity.of(reader.pid).is_alive()
    finally:
        reader.kill()
        await reader.wait()


async def test_a_stop_after_a_start_that_was_given_up_leaves_no_gateway(runtime: ProcessRuntime, folder: Path) -> None:
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor()
    loop.set_default_executor(threads)
    starting = asyncio.create_task(runtime.start(spec()))
    await asyncio.sleep(0)  # its thread is at work from here on
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    await runtime.stop("alice-1")
    loop.set_default_executor(ThreadPoolExecutor())  # for the sweep at the end
    threads.shutdown(wait=True)
    assert await runtime.find("alice-1") is None
    assert not list(folder.rglob("password"))


async def test_a_sweep_of_a_folder_that_was_never_made_finds_nothing(folder: Path) -> None:
    assert sweep(folder) == []


@pytest.mark.parametrize("name", ["../elsewhere", "", "a/b", ".hidden", "a b"])
async def test_a_name_that_could_leave_the_folder_is_refused(runtime: ProcessRuntime, name: str) -> None:
    with pytest.raises(GatewayError, match="can't be a gateway's name"):
        await runtime.start(spec(name=name))


async def test_a_record_cut_short_by_a_crash_is_no_gateway(runtime: ProcessRuntime, folder: Path) -> None:
    (folder / "alice-1").mkdir(parents=True)
    (folder / "alice-1" / "gateway.json").write_text('{"pid": 12')
    assert await runtime.find("alice-1") is None


SCRIPT = """
import asyncio, sys
from brokers import Credentials, InteractiveBrokersGateway, InteractiveBrokersGatewayConfig

async def main(folder):
    config = InteractiveBrokersGatewayConfig(folder=folder)
    login = Credentials(username="demo", password="demo")
    print((await InteractiveBrokersGateway(config, login=login).start()).gateway_id, flush=True)
    await asyncio.Event().wait()

asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
"""


async def gateway_of_a_killed_script(*arguments: str, temporary: Path) -> ProcessIdentity:
    temporary.mkdir()
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary), "PATH": os.environ["PATH"]}
    script = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert script.stdout is not None
    async with asyncio.timeout(DEADLINE):
        identity = ProcessIdentity.of(int((await script.stdout.readline()).split()[-1]))
        assert identity.is_alive()
        script.kill()
        await script.wait()
    return identity


async def test_a_gateway_that_nobody_could_find_again_ends_with_its_script_however_that_ends(tmp_path: Path) -> None:
    gateway = await gateway_of_a_killed_script(temporary=tmp_path / "tmp")
    try:
        async with asyncio.timeout(DEADLINE):
            while gateway.is_alive():  # noqa: ASYNC110 - another process's end sets no event
                await asyncio.sleep(0.01)
    finally:
        await asyncio.to_thread(gateway.end, grace=1.0)


async def test_a_gateway_in_a_folder_of_the_owner_s_outlives_its_script_and_is_found_again(
    folder: Path, tmp_path: Path
) -> None:
    gateway = await gateway_of_a_killed_script(str(folder), temporary=tmp_path / "tmp")
    assert await ProcessRuntime(folder).find("gateway") is not None
    assert gateway.is_alive()
    assert await asyncio.to_thread(sweep, folder) == ["gateway"]


async def test_a_gateway_that_ends_with_us_is_stopped_and_started_again_like_any_other(folder: Path) -> None:
    runtime = ProcessRuntime(folder, ends_with_us=True)
    for _ in range(2):
        endpoint = await runtime.start(spec())
        await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
        assert answers(endpoint.port)
        await runtime.stop("alice-1")
        assert not answers(endpoint.port)
