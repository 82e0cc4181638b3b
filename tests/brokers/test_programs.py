"""A node as a program of its own: signals, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.brokers.recorder import DEADLINE
from tests.services import ROOT

PROGRAM = """
import sys
from brokers import *
from brokers.domain import *

class Screen(NodeListener):
    def on_link(self, state):
        print(state, flush=True)

node = TradingNode(config=TradingNodeConfig(port=int(sys.argv[1])), listener=Screen())
node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
node.build()
node.run()
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_ends_cleanly_on_a_signal(simulator: Any, number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, str(simulator.port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "UP\n"
        process.send_signal(number)
        assert process.stdout.read() == "DOWN\nended\n"
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_ends_cleanly_on_a_signal_in_the_middle_of_its_start(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # it never answers the handshake
        mute.settimeout(DEADLINE)
        command = [sys.executable, "-c", PROGRAM, str(mute.getsockname()[1])]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            with mute.accept()[0]:
                process.send_signal(number)
                assert process.stdout.read() == "ended\n"
    assert process.returncode == 0


def test_a_program_whose_start_fails_ends_with_the_reason() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "examples.quickstart"],
        cwd=ROOT,
        env={**os.environ, "TWS_USERNAME": "demo", "TWS_PASSWORD": "demo", "TWS_ACCOUNT": "DU999"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert re.search(r"AccountMissing: .*and not DU999", ran.stderr)
