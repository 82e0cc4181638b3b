"""`make conformance`: plays the session with each client, prints a table, and fails when they don't agree."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from tests.conformance import table
from tests.conformance.environments import CLIENTS, ROOT, python_of
from tests.conformance.session import ROWS
from tests.conformance.session.scenery import NOW

# It takes some twenty seconds; this is for a machine that is busy.
PLAY_SECONDS = 300
SEED = 7
# So slow that the market moves when the session steps it, and at no other time.
SPEED = 0.0001

PREFACE = f"""The same session with each client, against a simulator of its own (seed {SEED}, {NOW}). An answer agrees
when it says what is expected of it (tests/conformance/session/) and is the same as the first client's. Nothing here
is held against recordings of IB itself.
"""


def main() -> int:
    pythons = {client: python_of(client) for client in CLIENTS}
    with ThreadPoolExecutor() as side_by_side:
        by_client = dict(zip(CLIENTS, side_by_side.map(_played, pythons, pythons.values()), strict=True))
    found = table.verdicts(by_client, ROWS)
    print(PREFACE)
    print(table.rendered(found, CLIENTS))
    print(table.differences(found, by_client))
    agree = sum(all(verdict == table.AGREES for verdict in row.values()) for row in found.values())
    print(f"{agree} of {len(found)} requests: {', '.join(CLIENTS)} agree.")
    return 0 if table.is_green(found) else 1


def _played(client: str, python: Path) -> dict[str, Any]:
    with _simulator() as (port, control_port):
        command = [str(python), "-m", "tests.conformance.play", client, str(port), str(control_port)]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=PLAY_SECONDS)
    if done.returncode:
        raise SystemExit(f"the session with {client} broke off:\n{done.stderr}")
    if done.stderr.strip():
        print(f"{client} said:\n{done.stderr}", file=sys.stderr)
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


@contextmanager
def _simulator() -> Iterator[tuple[int, int]]:
    """A simulator of its own for each client. Its ports are those that it says."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = str(Path(folder) / "ledger.jsonl")
        options = ["--port", "0", "--control-port", "0", "--seed", str(SEED), "--speed", str(SPEED), "--ledger", ledger]
        options += ["--now", NOW, "--hours", "exchange"]
        command = [sys.executable, "-u", "-m", "brokers.simulator", *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            yield _ports(process)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _ports(process: subprocess.Popen[str]) -> tuple[int, int]:
    assert process.stdout is not None
    control_port = 0
    for line in process.stdout:
        if line.startswith("control on "):
            control_port = int(line.rpartition(":")[2])
        if line.startswith("listening on "):
            # What it says from here on is of no use, but a pipe that is full would stop it.
            Thread(target=deque, args=(process.stdout, 0), daemon=True).start()
            return int(line.rpartition(":")[2]), control_port
    sys.exit(f"the simulator ended with status {process.wait()} before it listened")


if __name__ == "__main__":
    sys.exit(main())
