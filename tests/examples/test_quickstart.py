"""The example as its reader runs it, and what it says when something doesn't come."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from brokers.domain import Quote
from brokers.node import TradingNode
from examples import quickstart
from tests.brokers.simulator.conftest import Running, started, stopped
from tests.brokers.words.stage import node_at
from tests.services import ROOT


class Repeating(quickstart.Script):
    """Takes each quote for several."""

    times = 1

    def on_quote(self, quote: Quote) -> None:
        for _ in range(self.times):
            super().on_quote(quote)


@pytest.fixture
def script() -> Repeating:
    return Repeating()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl")
    yield one
    await stopped(one)


@pytest.fixture
async def node(running: Any, script: Repeating, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TradingNode]:
    """Its market stands still, and tells one quote."""
    monkeypatch.setattr(quickstart, "PATIENCE", 1.5)
    monkeypatch.setattr(quickstart, "script", script)
    node = node_at(running, script)
    await node.start()
    yield node
    await node.stop()


async def test_a_quote_that_does_not_come_is_said_so(node: TradingNode) -> None:
    with pytest.raises(SystemExit, match=r"Quote \d+ of AMD did not come within 1\.5 s; nothing was ordered\."):
        await quickstart.trade(node)


@pytest.mark.parametrize(
    ("fault", "standing"),
    [
        (("drop_orders", {}), "IB has said nothing of the order"),
        (("permit", {"security_type": "STK", "on": False}), r"the order is REJECTED \(.*\(IB 460\)\)"),
        (("halt", {"instrument": "AMD"}), r"the order is SUBMITTED \(Submitted\)"),
    ],
)
async def test_a_fill_that_does_not_come_is_said_so_with_what_became_of_the_order(
    running: Running, node: TradingNode, script: Repeating, fault: tuple[str, Any], standing: str
) -> None:
    script.times = 10
    await running.scenario.do(fault[0], **fault[1])
    with pytest.raises(SystemExit, match=f"The fill of BUY 10 AMD did not come within 1.5 s; {standing}"):
        await quickstart.trade(node)


def test_the_quickstart_shows_ten_quotes_and_a_fill() -> None:
    environment = {**os.environ, "TWS_USERNAME": "demo", "TWS_PASSWORD": "demo"}
    environment.pop("TWS_ACCOUNT", None)
    ran = subprocess.run(
        [sys.executable, "-m", "examples.quickstart"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert re.fullmatch(r"ADVANCED MICRO DEVICES.*, in steps of 0\.01 USD", lines[0])
    assert len([line for line in lines if re.fullmatch(r"[\d:]{8} AMD [\d.]+ / [\d.]+ \(live\)", line)]) == 10
    assert re.fullmatch(r"filled: BUY 10 AMD at [\d.]+ USD, execution \S+", lines[-1])
    assert "The credentials are valid" in ran.stderr
    assert "ERROR" not in ran.stderr


def test_the_quickstart_without_credentials_names_the_variable() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TWS_")}
    ran = subprocess.run(
        [sys.executable, "-m", "examples.quickstart"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "CredentialMissing: The environment variable TWS_USERNAME" in ran.stderr
