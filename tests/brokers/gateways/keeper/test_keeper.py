"""Gateways in containers, kept by another process: what it does for those who may ask, and refuses everyone."""

# ruff: noqa: ASYNC240 - a test may look at a small file

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, GatewaySpec
from brokers.gateways.keeper.runtime import KeeperRuntime
from brokers.refusals import FenceRefused
from tests.brokers.gateways.keeper.conftest import DEADLINE, Ask, asked, keeping
from tests.brokers.gateways.relayed import KEY, connect
from tests.engine import RealEngine
from tests.services import ROOT

CANARY = "canary-in-the-coal-mine"
DEMO = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")
START: dict[str, Any] = {
    "verb": "start",
    "name": "alice-1",
    "trading_mode": "paper",
    "username": "demo",
    "password": "demo",
    "read_only": False,
    "relay_key": None,
}


def line(question: dict[str, Any]) -> bytes:
    return json.dumps(question).encode() + b"\n"


async def test_a_gateway_s_life_goes_through_the_keeper(runtime: KeeperRuntime) -> None:
    endpoint = await runtime.start(DEMO)
    await runtime.wait_logged_in(endpoint, deadline=60)
    _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    writer.close()
    assert await runtime.find("alice-1") == endpoint
    assert any("Login has completed" in said for said in await runtime.logs("alice-1"))
    assert await runtime.sweep(wanted=["alice-1"], known=["alice-1"], older_than=0) == []
    await runtime.stop("alice-1")
    assert await runtime.find("alice-1") is None
    assert await runtime.sweep(wanted=[], known=["alice-1"], older_than=0) == []
    assert await runtime.sweep(wanted=[], known=[], older_than=0) == ["alice-1"]


async def test_a_gateway_outlives_its_keeper_and_the_next_one_finds_it(
    memory_folder: Path, keeper_arguments: list[str]
) -> None:
    socket = memory_folder / "keeper.sock"
    runtime = KeeperRuntime(socket)
    async with keeping(socket, *keeper_arguments) as first:
        endpoint = await runtime.start(DEMO)
        first.kill()
        await first.wait()
    with pytest.raises(GatewayError, match="No keeper answers"):
        await runtime.find("alice-1")
    async with keeping(socket, *keeper_arguments):
        assert await runtime.find("alice-1") == endpoint
        await runtime.wait_logged_in(endpoint, deadline=60)


async def test_a_refused_login_is_told_from_every_other_error(runtime: KeeperRuntime) -> None:
    endpoint = await runtime.start(replace(DEMO, password="wrong"))
    with pytest.raises(GatewayLoginFailed, match="refused this username and password"):
        await runtime.wait_logged_in(endpoint, deadline=60)
    with pytest.raises(GatewayError, match="not known here") as raised:
        await runtime.wait_logged_in(Endpoint("127.0.0.1", 1, "container nowhere"), deadline=1)
    assert not isinstance(raised.value, GatewayLoginFailed)


async def test_the_password_travels_over_the_socket_alone(runtime: KeeperRuntime, memory_folder: Path) -> None:
    with pytest.raises(GatewayLoginFailed):
        await runtime.wait_logged_in(await runtime.start(replace(DEMO, password=CANARY)), deadline=60)
    assert CANARY not in (memory_folder / "keeper.log").read_text()
    assert CANARY not in "\n".join(await runtime.logs("alice-1"))


async def test_the_relay_s_key_travels_over_the_socket_alone_and_the_relay_keeps_the_fence(
    runtime: KeeperRuntime, memory_folder: Path
) -> None:
    endpoint = await runtime.start(replace(DEMO, relay_key=KEY))
    assert endpoint.behind_relay
    await runtime.wait_logged_in(endpoint, deadline=60)
    assert await runtime.find("alice-1") == endpoint
    await connect(endpoint, 2)
    with pytest.raises(FenceRefused):
        await connect(endpoint, 1)
    assert KEY.hex() not in (memory_folder / "keeper.log").read_text() + "\n".join(await runtime.logs("alice-1"))


async def test_a_stranger_under_a_gateway_s_name_is_left_alone(
    runtime: KeeperRuntime, engine: RealEngine, fleet: str
) -> None:
    stranger = engine.client.containers.create(engine.image, name=f"{fleet}-alice-1")
    try:
        for refused in (runtime.find("alice-1"), runtime.stop("alice-1"), runtime.logs("alice-1"), runtime.start(DEMO)):
            with pytest.raises(GatewayError, match="isn't a gateway of ours"):
                await refused
        stranger.reload()
        assert stranger.status == "created"
    finally:
        stranger.remove()


@pytest.mark.parametrize("field", ["image", "mounts", "command", "network", "environment", "user", "privileged"])
async def test_a_caller_can_t_choose_what_a_container_is(ask: Ask, field: str, engine: RealEngine, fleet: str) -> None:
    answer = await ask(line(START | {field: "x"}))
    assert answer == {"error": "failed", "text": f"The keeper doesn't understand: start takes no {field}."}
    assert engine.client.containers.list(all=True, filters={"label": f"gatehouse.fleet={fleet}"}) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"verb": "remove", "name": "alice-1"}, "the verb must be one of"),
        ({"verb": ["start"]}, "the verb must be one of"),
        ({"name": "alice-1"}, "the verb must be one of"),
        ({"verb": "find"}, "find needs name"),
        ({"verb": "find", "name": 1}, "name makes no sense"),
        ({"verb": "find", "name": "x" * 201}, "name makes no sense"),
        (START | {"trading_mode": "both"}, "trading_mode makes no sense"),
        (START | {"password": f"{CANARY}\nsecond line"}, "password makes no sense"),
        (START | {"username": "a\0b"}, "username makes no sense"),
        (START | {"read_only": "no"}, "read_only makes no sense"),
        (START | {"relay_key": "0" * 63}, "relay_key makes no sense"),
        (START | {"relay_key": 1}, "relay_key makes no sense"),
        ({name: START[name] for name in START if name != "relay_key"}, "start needs relay_key"),
        ({"verb": "logs", "name": "alice-1", "lines": True}, "lines makes no sense"),
        ({"verb": "logs", "name": "alice-1", "lines": 10**9}, "lines makes no sense"),
        ({"verb": "wait_logged_in", "gateway_id": "x", "deadline": 1e9}, "deadline makes no sense"),
        ({"verb": "wait_logged_in", "gateway_id": "x", "deadline": 1, "host": "a", "port": 1}, "takes no host, port"),
        ({"verb": "sweep", "wanted": [], "known": "alice-1", "older_than": 0}, "known makes no sense"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_its_field(
    ask: Ask, question: dict[str, Any], text: str, memory_folder: Path
) -> None:
    answer = await ask(line(question))
    assert text in answer["text"]
    assert CANARY not in answer["text"] + (memory_folder / "keeper.log").read_text()


@pytest.mark.parametrize(
    ("sent", "text"),
    [(b"no json\n", "it is no JSON"), (b"[1]\n", "no JSON object"), (b"[" * 100_000 + b"\n", "it is no JSON")],
)
async def test_bytes_that_are_no_question_are_refused(ask: Ask, sent: bytes, text: str) -> None:
    assert text in (await ask(sent))["text"]


async def test_a_question_without_an_end_is_not_waited_for(ask: Ask, runtime: KeeperRuntime) -> None:
    assert "nothing whole came within" in (await ask(b'{"verb": "find"'))["text"]
    assert await runtime.find("alice-1") is None


async def test_a_question_that_is_too_long_is_refused_before_it_is_read(ask: Ask, runtime: KeeperRuntime) -> None:
    assert "longer than" in (await ask(b"x" * (5 * 1024 * 1024)))["text"]
    assert await runtime.find("alice-1") is None


async def test_whoever_isn_t_named_may_ask_nothing(memory_folder: Path, keeper_arguments: list[str]) -> None:
    socket = memory_folder / "keeper.sock"
    nobody = os.geteuid() + 1
    async with keeping(socket, *keeper_arguments, f"--allow-uid={nobody}"):
        answer = await asked(socket, line(START))
    assert answer == {"error": "failed", "text": f"User {os.geteuid()} may ask nothing of the keeper."}


async def test_a_named_group_may_ask(memory_folder: Path, keeper_arguments: list[str]) -> None:
    socket = memory_folder / "keeper.sock"
    async with keeping(socket, *keeper_arguments, f"--allow-gid={os.getegid()}"):
        assert await KeeperRuntime(socket).find("alice-1") is None


async def test_the_socket_is_closed_to_others(socket: Path) -> None:
    assert stat.S_IMODE(socket.stat().st_mode) == 0o660


async def test_a_second_keeper_does_not_take_the_socket(socket: Path, keeper_arguments: list[str]) -> None:
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "brokers.gateways.keeper", "--socket", str(socket), *keeper_arguments),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(second.communicate(), DEADLINE)
    assert second.returncode == 2
    assert b"is taken" in said
    assert await KeeperRuntime(socket).find("alice-1") is None


async def test_an_image_by_its_tag_is_refused_where_a_digest_is_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "brokers.gateways.keeper", "--socket", str(tmp_path / "s"), "--pinned"]
    keeper = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(keeper.communicate(), DEADLINE)
    assert keeper.returncode == 2
    assert b"Name it by its digest" in said


def test_those_who_ask_a_keeper_never_load_docker() -> None:
    program = "import sys, brokers.gateways.keeper.runtime; sys.exit('docker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=DEADLINE).returncode == 0
