"""The whole product, running for this benchmark alone, and a browser on its trading screen."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import stack as local_stack
from deploy.local.processes import Child, LocalError, became_true, spawn
from deploy.local.stack import HOST, ROOT, Stack
from tests.benchmarks.report import say
from tests.benchmarks.screen import Screen, open_screen

# A fixed folder, so that the next run finds and ends what a killed one left.
VAR = ROOT / "var" / "bench"
READY_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """`gateway_port` is the simulated gateway's own, `ledger` its record of the orders that it received."""

    stack: Stack
    screen: Screen
    gateway_port: int
    ledger: Path

    @contextmanager
    def program(self, name: str, *arguments: str) -> Iterator[Child]:
        """One of this package's programs, in a process of its own, from the moment that it says it is ready."""
        child = spawn(
            f"bench-{name}",
            [sys.executable, "-m", f"tests.benchmarks.{name}", *arguments],
            log=self.stack.var / "log" / f"bench-{name}.log",
            run_folder=self.stack.var / "run",
            folder=ROOT,
        )
        try:
            _wait_until_ready(child)
            yield child
        finally:
            child.stop()


def _wait_until_ready(child: Child) -> None:
    became_true(lambda: child.exit_code() is not None or is_ready(child), deadline=READY_DEADLINE)
    if child.exit_code() is not None or not is_ready(child):
        raise LocalError(f"{child.name} did not start:\n{child.tail()}")


def is_ready(child: Child) -> bool:
    return any(line.startswith("ready") for line in child.tail().splitlines())


@contextmanager
def set_up() -> Iterator[Stage]:
    """Raises LocalError when it can't be. Nothing of it is left afterwards."""
    stack = Stack(var=VAR, port=free_port(), say=say)
    try:
        with local_stack.running(stack):
            say("Waiting for an account, its gateway and quotes")
            for step in ("demo_rows", "first_look"):
                stack.run_step(step)
            with open_screen(stack.url) as screen:
                yield Stage(stack, screen, *_gateway(stack))
    finally:
        shutil.rmtree(VAR, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _gateway(stack: Stack) -> tuple[int, Path]:
    [record] = (stack.var / "gateways").glob("*/gateway.json")
    return json.loads(record.read_text())["port"], record.with_name("ledger.jsonl")
