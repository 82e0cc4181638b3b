"""The worker's command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import ROOT

DEADLINE = 60


def worker(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `celery -A workers.app worker` to its end: these are all refused at the start."""
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "workers.app", "worker", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.parametrize("pool", ["prefork", "processes", "solo"])
def test_another_pool_is_refused_with_a_sentence_that_says_why(pool: str) -> None:
    refused = worker("-P", pool)
    name = "prefork" if pool == "processes" else pool
    assert refused.returncode == 1
    assert f"The {name} pool is refused" in refused.stderr
    assert "one loop in its own process" in refused.stderr
    assert "-P threads" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_worker_without_a_private_keyset_is_refused() -> None:
    refused = worker(GATEHOUSE_PRIVATE_KEYSET="")
    assert refused.returncode == 1
    assert "GATEHOUSE_PRIVATE_KEYSET is not set" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_worker_that_can_t_read_its_private_keyset_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "private.json"
    refused = worker(GATEHOUSE_PRIVATE_KEYSET=str(missing))
    assert refused.returncode == 1
    assert f"The private keyset {missing}" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_runtime_that_does_not_exist_is_refused_with_those_that_do() -> None:
    refused = worker(GATEHOUSE_GATEWAYS="dokcer")
    assert refused.returncode == 1
    assert "GATEHOUSE_GATEWAYS is 'dokcer'; it must be one of: docker, process" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_worker_without_room_for_a_session_is_refused() -> None:
    refused = worker(GATEHOUSE_WORKER_CAPACITY="0")
    assert refused.returncode == 1
    assert "GATEHOUSE_WORKER_CAPACITY is 0" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout
