"""What `brokers` shows to the outside, and what it leaves unloaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import brokers
from tests.services import ROOT


@pytest.mark.parametrize("name", brokers.__all__)
def test_every_public_name_comes_from_one_place(name: str) -> None:
    assert getattr(brokers, name).__name__ == name
    assert getattr(brokers, name).__doc__


def test_an_unknown_name_is_an_error_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'TradingNod'"):
        _ = brokers.TradingNod  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "statement",
    ["import brokers.domain", "from brokers import domain", "import brokers.config", "import brokers.filters"],
)
def test_words_and_configs_load_no_library_of_the_broker_s(statement: str) -> None:
    program = f"import sys\n{statement}\nsys.exit(any(name in sys.modules for name in ('ib_insync', 'docker')))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False).returncode == 0
