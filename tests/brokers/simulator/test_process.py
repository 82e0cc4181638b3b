"""`python -m brokers.simulator` as a process: logging in, saying that it listens, ending."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ib_insync import IB, LimitOrder, MarketOrder, Stock

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.market.market import Market
from tests.brokers.simulator.conftest import DEADLINE, HOST, left, soon

ROOT = Path(__file__).resolve().parents[3]


class Started:
    """Processes of one test; whatever still runs at its end is killed."""

    def __init__(self) -> None:
        self._processes: list[asyncio.subprocess.Process] = []

    async def __call__(self, *arguments: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "brokers.simulator",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
        )
        self._processes.append(process)
        return Process(process)

    async def end(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await soon(process.wait())
            process._transport.close()  # type: ignore[attr-defined]


class Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def listening(self) -> int:
        """The port, once the process says that it listens."""
        assert self._process.stdout is not None
        async with asyncio.timeout(2 * DEADLINE):
            while line := (await self._process.stdout.readline()).decode().rstrip("\n"):
                self.lines.append(line)
                if line.startswith(f"listening on {HOST}:"):
                    return int(line.rpartition(":")[2])
        raise AssertionError(f"it never listened: {self.lines}")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    async def ended(self) -> int:
        """The exit status, and every line that was printed."""
        async with asyncio.timeout(2 * DEADLINE):
            output, _ = await self._process.communicate()
        self.lines += output.decode().splitlines()
        assert self._process.returncode is not None
        return self._process.returncode


@pytest.fixture
async def start() -> AsyncIterator[Started]:
    started = Started()
    yield started
    await started.end()


def password_file(folder: Path, password: str) -> str:
    path = folder / "password"
    path.write_text(password)
    return str(path)


async def connected(port: int) -> IB:
    ib = IB()
    await ib.connectAsync(HOST, port, clientId=1, timeout=DEADLINE)
    return ib


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_with_a_client_connected(start: Started, number: int) -> None:
    process = await start("--port", "0")
    ib = await connected(await process.listening())
    process.signal(number)
    assert await process.ended() == 0
    assert not [line for line in process.lines if "Traceback" in line or "ERROR" in line]
    await left(ib)


async def test_without_a_username_demo_is_logged_in(start: Started) -> None:
    process = await start("--port", "0")
    ib = await connected(await process.listening())
    assert ib.managedAccounts() == ["DU1000001"]
    await left(ib)


async def test_a_login_with_its_password_gets_its_own_account(start: Started, tmp_path: Path) -> None:
    process = await start("--username", "walter", "--password-file", password_file(tmp_path, "walter\n"))
    ib = await connected(await process.listening())
    [code] = ib.managedAccounts()
    assert code.startswith("DU")
    assert code != "DU1000001"
    await left(ib)


async def test_a_wrong_password_ends_it_with_status_3_before_it_listens(start: Started, tmp_path: Path) -> None:
    process = await start("--username", "walter", "--password-file", password_file(tmp_path, "s3cret-guess"))
    assert await process.ended() == 3
    assert "login failed: the broker refused this username and password" in process.lines
    assert not [line for line in process.lines if "listening" in line]
    assert not [line for line in process.lines if "s3cret-guess" in line or "Traceback" in line]


async def test_the_password_is_never_printed(start: Started, tmp_path: Path) -> None:
    process = await start("--username", "s3cret", "--password-file", password_file(tmp_path, "s3cret"))
    await process.listening()
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    assert not [line for line in process.lines if "s3cret" in line]


async def test_a_password_file_that_is_missing_is_said_so(start: Started, tmp_path: Path) -> None:
    process = await start("--username", "walter", "--password-file", str(tmp_path / "nowhere"))
    assert await process.ended() == 6
    assert not [line for line in process.lines if "Traceback" in line]


async def test_a_username_needs_a_password_file(start: Started) -> None:
    process = await start("--username", "walter")
    assert await process.ended() == 2


async def test_it_does_not_listen_while_it_logs_in_and_can_be_ended_then(start: Started, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    login = ["--username", "walter", "--password-file", password_file(tmp_path, "walter"), "--login-seconds", "600"]
    process = await start("--port", str(port), *login)
    assert process._process.stdout is not None
    assert b"logging in" in await soon(process._process.stdout.readline())
    with pytest.raises(ConnectionRefusedError):
        await soon(asyncio.open_connection(HOST, port))
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0


async def test_a_port_that_is_taken_is_said_so(start: Started) -> None:
    first = await start("--port", "0")
    port = await first.listening()
    second = await start("--port", str(port))
    assert await second.ended() == 5
    assert [line for line in second.lines if line.startswith("can't listen on")]


@pytest.mark.parametrize("content", ["these are not rows\n", '{"kind": "gateway", "account": "DU7"}\n'])
async def test_a_ledger_of_nobody_or_of_somebody_else_is_not_started_on(
    start: Started, tmp_path: Path, content: str
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(content)
    process = await start("--ledger", str(ledger))
    assert await process.ended() == 4
    assert [line for line in process.lines if line.startswith("ledger unusable")]


async def test_its_market_moves_by_itself_along_its_seeds_path(start: Started) -> None:
    process = await start("--seed", "11", "--speed", "5")
    ib = await connected(await process.listening())
    ticker = ib.reqMktData(Stock("AAPL", "SMART", "USD", conId=265598))
    bids: list[float] = []
    async with asyncio.timeout(DEADLINE):
        while len(set(bids)) < 4:
            await ticker.updateEvent
            bids.append(ticker.bid)
    await left(ib)
    assert is_in_order(bids, path(seed=11, con_id=265598))


def path(*, seed: int, con_id: int) -> list[float]:
    market = Market(Catalogue(), seed=seed)
    bids = [float(market.quote(con_id).bid)]
    for _ in range(2000):
        market.step()
        bids.append(float(market.quote(con_id).bid))
    return bids


def is_in_order(seen: list[float], whole: list[float]) -> bool:
    """Whether `seen` is what somebody sees who looks at `whole` now and then, at a value once or several times."""
    changes = [bid for number, bid in enumerate(seen) if number == 0 or bid != seen[number - 1]]
    rest = iter(whole)
    return all(any(bid == passed for passed in rest) for bid in changes)


async def test_a_kill_loses_nothing_that_was_answered(start: Started, tmp_path: Path) -> None:
    ledger = ["--ledger", str(tmp_path / "ledger.jsonl")]
    process = await start(*ledger)
    ib = await connected(await process.listening())
    trade: Any = ib.placeOrder(Stock("AAPL", "SMART", "USD"), LimitOrder("BUY", 1, 100.0, tif="GTC", orderRef="ours-1"))
    async with asyncio.timeout(DEADLINE):
        while trade.orderStatus.status != "Submitted":
            await ib.updateEvent
    process.signal(signal.SIGKILL)
    assert await process.ended() == -signal.SIGKILL
    again = await start(*ledger)
    client = await connected(await again.listening())
    assert [one.order.orderRef for one in client.openTrades()] == ["ours-1"]
    await left(ib)
    await left(client)


async def test_a_ledger_that_is_no_text_is_not_started_on(start: Started, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"\xff\xfe\x00\n")
    process = await start("--ledger", str(ledger))
    assert await process.ended() == 4
    assert process.lines[-1].startswith("ledger unusable: the ledger ledger.jsonl is not UTF-8 (")


async def test_its_clock_begins_where_it_is_told_and_says_so_to_clients(start: Started) -> None:
    process = await start("--now", "2027-03-17T15:00:00Z", "--hours", "exchange")
    ib = await connected(await process.listening())
    began = datetime(2027, 3, 17, 15, tzinfo=UTC)
    assert began <= await soon(ib.reqCurrentTimeAsync()) < began + timedelta(minutes=5)
    assert ib.client.serverVersion() == 176
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), MarketOrder("BUY", 1, tif="DAY"))
    async with asyncio.timeout(DEADLINE):
        while not trade.fills:
            await ib.updateEvent
    assert began <= trade.fills[0].execution.time < began + timedelta(minutes=5)
    await left(ib)
