"""A gateway process and the relay in front of it: started, found, mended and ended together."""

# ruff: noqa: ASYNC240 - a test may look at a small file

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec
from brokers.gateways.identity import ProcessIdentity, find_by_arguments
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.refusals import FenceRefused, GatewayUnreachable, LinkLost
from tests.brokers.gateways.relayed import DEADLINE, KEY, NAME, connect, node_at, take_over
from tests.brokers.words.stage import AAPL, REQUEST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gateways"


@pytest.fixture
async def runtime(folder: Path) -> AsyncIterator[ProcessRuntime]:
    yield ProcessRuntime(folder)
    await asyncio.to_thread(sweep, folder)


def spec(*, key: bytes | None = KEY, username: str = "demo") -> GatewaySpec:
    return GatewaySpec(name=NAME, trading_mode=TradingMode.PAPER, username=username, password=username, relay_key=key)


async def started(runtime: ProcessRuntime, *, key: bytes = KEY) -> Endpoint:
    endpoint = await runtime.start(spec(key=key))
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    return endpoint


def pid_of(folder: Path, what: str) -> int:
    return int(json.loads((folder / "alice-1" / f"{what}.json").read_text())["pid"])


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_gateway_started_with_a_key_is_reached_through_its_relay_alone(
    runtime: ProcessRuntime, folder: Path
) -> None:
    endpoint = await started(runtime)
    assert endpoint.behind_relay
    assert endpoint.port != json.loads((folder / "alice-1" / "gateway.json").read_text())["port"]
    await connect(endpoint, 3)
    assert (folder / "alice-1" / "fence").read_text() == "3\n"
    with pytest.raises(FenceRefused):
        await connect(endpoint, 2)
    with pytest.raises(GatewayUnreachable):
        await connect(endpoint, 4, key=bytes(32))


async def test_without_a_key_there_is_no_relay(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await runtime.start(spec(key=None))
    assert not endpoint.behind_relay
    assert not list(folder.rglob("relay.*"))


async def test_the_key_is_in_no_argument_no_environment_and_after_the_start_in_no_file(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await started(runtime)
    proc = Path(f"/proc/{pid_of(folder, 'relay')}")
    told = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (KEY, KEY.hex().encode()):
        assert secret not in told + written
    assert repr(KEY) not in repr(spec())


async def test_nobody_else_may_read_its_files(runtime: ProcessRuntime, folder: Path) -> None:
    await connect(await started(runtime), 1)
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}


async def test_another_worker_finds_the_same_relay(runtime: ProcessRuntime, folder: Path) -> None:
    endpoint = await started(runtime)
    another = ProcessRuntime(folder)
    relay = pid_of(folder, "relay")
    assert await another.find("alice-1") == endpoint
    assert await started(another) == endpoint
    assert pid_of(folder, "relay") == relay


async def test_a_relay_that_died_is_started_again_and_its_gateway_keeps_its_login(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await connect(await started(runtime), 5)
    gateway, relay = pid_of(folder, "gateway"), pid_of(folder, "relay")
    await killed(relay)
    endpoint = await started(runtime)
    assert pid_of(folder, "gateway") == gateway
    assert pid_of(folder, "relay") != relay
    with pytest.raises(FenceRefused):
        await connect(endpoint, 4)
    await connect(endpoint, 5)


async def test_with_a_new_key_the_relay_is_started_again_and_the_gateway_is_not(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await started(runtime)
    gateway = pid_of(folder, "gateway")
    endpoint = await started(runtime, key=bytes(32))
    assert pid_of(folder, "gateway") == gateway
    await connect(endpoint, 1, key=bytes(32))
    with pytest.raises(GatewayUnreachable):
        await connect(endpoint, 1)


async def test_a_gateway_from_before_relays_gets_one(runtime: ProcessRuntime, folder: Path) -> None:
    await runtime.start(spec(key=None))
    gateway = pid_of(folder, "gateway")
    await connect(await started(runtime), 1)
    assert pid_of(folder, "gateway") == gateway


async def test_stopping_ends_both_and_a_later_start_has_not_forgotten_the_fence(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await connect(await started(runtime), 8)
    pids = [pid_of(folder, "gateway"), pid_of(folder, "relay")]
    await runtime.stop("alice-1")
    assert not any(map(lives, pids))
    assert await runtime.find("alice-1") is None
    with pytest.raises(FenceRefused):
        await connect(await started(runtime), 7)


async def test_an_owner_that_stood_still_meanwhile_wakes_up_and_writes_to_nobody(
    runtime: ProcessRuntime, folder: Path
) -> None:
    endpoint = await started(runtime)
    stalled = node_at(endpoint, 3)
    await stalled.connect()
    aapl = await stalled.provider.instrument(AAPL.con_id)
    with take_over(endpoint, 4):  # blocks this loop, as a process that is stopped stands still
        stalled.execution.place(REQUEST, aapl)
        with pytest.raises(LinkLost):
            await asyncio.wait_for(stalled.wait_closed(), DEADLINE)
    await connect(endpoint, 5)  # by its end the gateway has read whatever came before
    ledger = [json.loads(row) for row in (folder / "alice-1" / "ledger.jsonl").read_text().splitlines()]
    assert [row for row in ledger if row["kind"] == "order"] == []


async def test_the_relay_of_a_gateway_that_died_makes_room_for_the_next_one(
    runtime: ProcessRuntime, folder: Path
) -> None:
    await started(runtime)
    relay = pid_of(folder, "relay")
    await killed(pid_of(folder, "gateway"))
    assert await runtime.find("alice-1") is None
    await connect(await started(runtime), 1)
    assert not lives(relay)


async def test_the_next_gateway_without_a_key_has_none_of_the_one_before(runtime: ProcessRuntime, folder: Path) -> None:
    await started(runtime)
    await killed(pid_of(folder, "gateway"))
    assert not (await runtime.start(spec(key=None))).behind_relay


async def test_a_stop_after_the_gateway_died_ends_its_relay(runtime: ProcessRuntime, folder: Path) -> None:
    await started(runtime)
    relay = pid_of(folder, "relay")
    await killed(pid_of(folder, "gateway"))
    await runtime.stop("alice-1")
    assert not lives(relay)


async def test_a_sweep_ends_a_relay_that_nobody_wrote_down(runtime: ProcessRuntime, folder: Path) -> None:
    await started(runtime)
    relay = pid_of(folder, "relay")
    (folder / "alice-1" / "relay.json").unlink()
    assert await asyncio.to_thread(sweep, folder) == ["alice-1"]
    assert not lives(relay)


async def test_a_relay_that_cannot_be_started_is_said_so_and_leaves_no_gateway(
    runtime: ProcessRuntime, folder: Path
) -> None:
    (folder / "alice-1").mkdir(parents=True)
    (folder / "alice-1" / "fence").write_text("seven\n")
    with pytest.raises(GatewayError, match="relay ended at its start"):
        await runtime.start(spec())
    assert await runtime.find("alice-1") is None
    assert find_by_arguments(str(folder / "alice-1" / "ledger.jsonl")) == []
    assert [path.name for path in folder.rglob("*") if path.name in ("password", "relay.key")] == []


async def killed(pid: int) -> None:
    identity = ProcessIdentity.of(pid)
    await asyncio.to_thread(identity.end, grace=DEADLINE)
