"""`python -m brokers.simulator` with a scenario's file, a control port, and the options about them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from brokers.simulator.scenario.verbs import VERBS
from tests.brokers.simulator.conftest import DEADLINE, HOST, left, soon
from tests.brokers.simulator.test_control import Controller
from tests.brokers.simulator.test_process import Process, Started, connected, password_file


@pytest.fixture
async def start() -> AsyncIterator[Started]:
    started = Started()
    yield started
    await started.end()


async def line(process: Process, beginning: str) -> str:
    """The next line that begins so; what comes before is read over."""
    assert process._process.stdout is not None
    async with asyncio.timeout(2 * DEADLINE):
        while read := (await process._process.stdout.readline()).decode().rstrip("\n"):
            process.lines.append(read)
            if read.startswith(beginning):
                return read
    raise AssertionError(f"no line began with {beginning!r}: {process.lines}")


async def controller(process: Process) -> Controller:
    port = int((await line(process, f"control on {HOST}:")).rpartition(":")[2])
    return Controller(*await soon(asyncio.open_connection(HOST, port)))


def scenario(folder: Path, *steps: dict[str, Any]) -> list[str]:
    path = folder / "scenario.json"
    path.write_text(json.dumps(steps))
    return ["--scenario", str(path)]


async def test_a_login_is_rejected_whatever_its_password(start: Started, tmp_path: Path) -> None:
    login = ["--username", "walter", "--password-file", password_file(tmp_path, "walter")]
    process = await start(*login, *scenario(tmp_path, {"do": "reject_login"}))
    assert await process.ended() == 3
    assert "login failed: the broker refused this username and password" in process.lines


async def test_the_port_is_not_open_until_the_second_factor_is_approved(start: Started, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    steps = scenario(tmp_path, {"do": "second_factor"})
    process = await start("--port", str(port), "--control-port", "0", *steps)
    phone = await controller(process)
    assert (await line(process, "second factor needed")).startswith("second factor needed: attempt 1 of 3, until 20")
    with pytest.raises(ConnectionRefusedError):
        await soon(asyncio.open_connection(HOST, port))
    assert await phone.do("state") == {"ok": True, "logged_in": False, "waits_for_second_factor": True}
    assert await phone.do("approve") == {"ok": True}
    assert await line(process, "second factor a") == "second factor approved: attempt 1 of 3"
    assert await process.listening() == port
    assert (await phone.do("approve"))["error"] == "no second factor is being waited for"
    await phone.close()


async def test_a_second_factor_that_is_denied_or_times_out_is_asked_for_again_and_then_missed(
    start: Started, tmp_path: Path
) -> None:
    steps = scenario(tmp_path, {"do": "second_factor", "attempts": 2, "seconds": 600})
    process = await start("--control-port", "0", *steps)
    phone = await controller(process)
    for number in (1, 2):
        asked = await line(process, "second factor needed")
        assert asked.startswith(f"second factor needed: attempt {number} of 2, until 20")
        assert (await phone.do("deny"))["ok"] is True
        assert await line(process, "second factor d") == f"second factor denied: attempt {number} of 2"
    assert await process.ended() == 7
    assert process.lines[-1] == "second factor missed: nobody approved the login in 2 attempts of 600 s"
    assert not [said for said in process.lines if said.startswith(("login failed", "listening on"))]
    await phone.close()


async def test_a_second_factor_that_nobody_gives_times_out(start: Started, tmp_path: Path) -> None:
    process = await start(*scenario(tmp_path, {"do": "second_factor", "attempts": 1, "seconds": 0.01}))
    assert await process.ended() == 7
    assert "second factor timed out: attempt 1 of 1" in process.lines


async def test_a_gateway_that_waits_for_a_second_factor_can_be_ended(start: Started, tmp_path: Path) -> None:
    process = await start(*scenario(tmp_path, {"do": "second_factor"}))
    await line(process, "second factor needed")
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    assert not [said for said in process.lines if "Traceback" in said or "ERROR" in said]


async def test_a_login_that_expires_closes_the_port_until_it_is_confirmed_again(start: Started) -> None:
    process = await start("--control-port", "0")
    phone = await controller(process)
    port = await process.listening()
    ib = await connected(port)
    assert (await phone.do("expire_login", attempts=1, seconds=600))["ok"] is True
    assert await line(process, "login expired")
    await line(process, "second factor needed: attempt 1 of 1")
    assert not ib.isConnected()
    with pytest.raises(ConnectionRefusedError):
        await soon(asyncio.open_connection(HOST, port))
    await phone.do("approve")
    assert await process.listening() == port
    await left(await connected(port))
    await left(ib)
    await phone.close()


async def test_a_login_that_expires_and_is_not_confirmed_ends_the_process(start: Started) -> None:
    process = await start("--control-port", "0")
    phone = await controller(process)
    await process.listening()
    await phone.do("expire_login", attempts=1, seconds=0)
    assert await process.ended() == 7
    assert [said for said in process.lines if said.startswith("second factor missed: ")]
    await phone.close()


async def test_a_login_that_expires_can_be_refused_then(start: Started) -> None:
    process = await start("--control-port", "0")
    phone = await controller(process)
    await process.listening()
    await phone.do("reject_login")
    await phone.do("expire_login")
    assert await process.ended() == 3
    assert [said for said in process.lines if said.startswith("login failed: ")]
    await phone.close()


async def test_a_port_that_was_taken_while_the_login_was_confirmed_ends_the_process(start: Started) -> None:
    process = await start("--control-port", "0")
    phone = await controller(process)
    port = await process.listening()
    await phone.do("expire_login")
    await line(process, "second factor needed")
    with socket.socket() as taken:
        taken.bind((HOST, port))
        taken.listen()
        await phone.do("approve")
        assert await process.ended() == 5
    assert [said for said in process.lines if said.startswith(f"can't listen on port {port}")]
    await phone.close()


async def test_a_restart_under_way_does_not_outlive_the_process(start: Started) -> None:
    process = await start("--control-port", "0")
    phone = await controller(process)
    await process.listening()
    restart = asyncio.create_task(phone.do("restart", seconds=600))
    other = Controller(*await soon(asyncio.open_connection(*phone.address)))
    while (await other.do("state"))["port"] is not None:
        pass
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    assert not [said for said in process.lines if "Traceback" in said or "ERROR" in said]
    restart.cancel()
    await asyncio.wait([restart])
    await phone.close()
    await other.close()


@pytest.mark.parametrize("hours", ["always", "exchange"])
async def test_the_market_keeps_the_hours_that_it_is_told_to(start: Started, hours: str) -> None:
    process = await start("--hours", hours, "--control-port", "0")
    phone = await controller(process)
    await process.listening()
    assert (await phone.do("state"))["hours"] == hours
    await phone.close()


async def test_a_scenario_is_done_by_the_clock_and_by_what_clients_do_and_all_is_in_the_ledger(
    start: Started, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    steps = scenario(
        tmp_path,
        {"do": "lines", "count": 3},
        {"at": 0.01, "do": "break_farm", "farm": "eufarm"},
        {"when": "reqCurrentTime", "do": "move_port"},
    )
    process = await start("--ledger", str(ledger), *steps)
    first = await process.listening()
    ib = await connected(first)
    ib.client.reqCurrentTime()
    second = await process.listening()
    assert second != first
    await left(ib)
    await left(await connected(second))
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    rows = [json.loads(row) for row in ledger.read_text().splitlines()]
    done = {row["verb"]: row["by"] for row in rows if row["kind"] == "scenario"}
    assert done == {"lines": "at once", "break_farm": "at 0.01", "move_port": "after reqCurrentTime 1"}


async def test_a_scenario_that_can_not_be_used_is_said_so_before_anything_else(start: Started, tmp_path: Path) -> None:
    process = await start("--control-port", "0", *scenario(tmp_path, {"do": "hangup"}))
    assert await process.ended() == 8
    [said] = process.lines
    assert said.startswith("scenario unusable: step 1: no verb is called 'hangup' (did you mean 'hang_up'?)")


async def test_a_control_port_that_is_taken_is_said_so(start: Started) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        process = await start("--control-port", str(taken.getsockname()[1]))
        assert await process.ended() == 5
    assert [said for said in process.lines if said.startswith("can't listen on")]


async def test_neither_the_username_nor_the_password_is_printed_or_written_down(start: Started, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    login = ["--username", "s3cret", "--password-file", password_file(tmp_path, "s3cret"), "--ledger", str(ledger)]
    process = await start(*login, "--control-port", "0", *scenario(tmp_path, {"do": "second_factor"}))
    phone = await controller(process)
    await line(process, "second factor needed")
    answers = [await phone.do("approve"), await phone.do("help")]
    await process.listening()
    answers.append(await phone.do("state"))
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    assert "s3cret" not in "\n".join([*process.lines, ledger.read_text(), json.dumps(answers)])
    await phone.close()


async def test_the_login_has_as_many_accounts_and_lines_as_it_is_told(start: Started) -> None:
    process = await start("--accounts", "3", "--lines", "1", "--control-port", "0")
    phone = await controller(process)
    ib = await connected(await process.listening())
    assert len(set(ib.managedAccounts())) == 3
    assert ib.managedAccounts()[0] == "DU1000001"
    errors: list[int] = []
    ib.errorEvent += lambda _about, code, _text, _contract: errors.append(code)
    for con_id in (265598, 272093):
        ib.client.send(1, 11, con_id, con_id, "", "", "", 0.0, "", "", "", "", "", "", "", 0, "", 0, 0, "")
    await soon(ib.reqCurrentTimeAsync())
    assert errors == [101]
    await left(ib)
    await phone.close()


@pytest.mark.parametrize(
    "arguments", [["--accounts", "0"], ["--lines", "-1"], ["--speed", "0"], ["--hours", "mine"], ["--accounts", "51"]]
)
async def test_options_that_make_no_sense_are_refused(start: Started, arguments: list[str]) -> None:
    process = await start(*arguments)
    assert await process.ended() == 2
    assert [said for said in process.lines if arguments[0] in said and "error" in said]


async def test_the_help_lists_every_verb(start: Started) -> None:
    process = await start("--help")
    assert await process.ended() == 0
    assert [said.strip() for said in process.lines if said.strip() in VERBS] == list(VERBS)
    assert "      seconds: seconds from 0 to 86400; 180.0 when left out" in process.lines
