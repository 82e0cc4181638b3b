"""A program that type-checks itself can use the library as its guide says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import ROOT

SCRIPT = """
from pathlib import Path

from brokers import *
from brokers.domain import MarketDataType, TradingMode

AMD = {"secType": "STK", "symbol": "AMD"}
wanted = InstrumentProviderConfig(load_all=True, load_ids=[265598, "EUR/USD.IDEALPRO"], filters=[AMD])
InstrumentProviderConfig(load_ids=None, filters=AMD.items())
InstrumentProviderConfig(load_ids={265598}, filters=frozenset(AMD.items()))
data = InteractiveBrokersDataClientConfig(
    market_data_type="delayed", trading_mode="paper", instrument_provider={"load_ids": ["SPY.ARCA"]}, gateway={}
)
orders = InteractiveBrokersExecClientConfig(trading_mode=TradingMode.PAPER, instrument_provider=wanted)
config = TradingNodeConfig(
    trading_mode="paper",
    gateway={"runtime": "simulator", "folder": "gateways"},
    data_clients={"IB": data},
    exec_clients={"IB": {"instrument_provider": {"load_ids": [265598]}}},
)

mode: TradingMode = config.trading_mode
port: int = config.port
kind: MarketDataType = config.data_clients["IB"].market_data_type
ids: frozenset[int | str] = config.exec_clients["IB"].instrument_provider.load_ids
gateway: InteractiveBrokersGatewayConfig | None = data.gateway
folder: Path | None = InteractiveBrokersGatewayConfig(folder="gateways").folder
"""

WRONG = """
from brokers import *

InstrumentProviderConfig(load_ids=265598)
TradingNodeConfig(gateway="simulator")
TradingNodeConfig(data_clients=["IB"])
InteractiveBrokersDataClientConfig(market_data_type=3)
"""


def complaints(folder: Path, script: str) -> str:
    """What mypy says of a script that lies elsewhere, as a user's own does."""
    (folder / "script.py").write_text(script)
    checks = ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *checks, str(folder / "script.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return ran.stdout + ran.stderr


def readme_block() -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (block,) = [one for one in blocks if "TradingNodeConfig(" in one]
    return block


@pytest.mark.parametrize("script", [SCRIPT, readme_block()], ids=["all that may be given", "the README's own"])
def test_what_run_time_accepts_the_types_accept(tmp_path: Path, script: str) -> None:
    assert "Success: no issues found" in complaints(tmp_path, script)


def test_what_nobody_could_mean_the_types_refuse(tmp_path: Path) -> None:
    said = complaints(tmp_path, WRONG)
    assert [int(line) for line in re.findall(r"script\.py:(\d+): error: Argument", said)] == [4, 5, 6, 7]


def test_the_library_says_that_it_is_typed() -> None:
    assert (ROOT / "brokers" / "py.typed").exists()
