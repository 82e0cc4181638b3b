"""Processes of this machine that go on when their starter ends."""

from __future__ import annotations

import errno
import os
import random
import socket
from pathlib import Path

import brokers
from brokers.gateways.base import GatewayError
from brokers.gateways.identity import ProcessIdentity

HOST = "127.0.0.1"

# Below the ports that Linux hands out by itself (32768 and up), so that nobody is given ours between our look at it
# and the end of the gateway's login, which is when it begins to listen.
_PORTS = range(20000, 32000)


def spawn(command: list[str], *, log: Path, stdin: int | None = None) -> ProcessIdentity:
    """A session of its own, so that a Ctrl-C meant for the worker doesn't reach it; and none of our environment."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(Path(brokers.__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }
    nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    write_log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            nothing if stdin is None else (os.POSIX_SPAWN_DUP2, stdin, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write_log, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return ProcessIdentity.of(pid)


def free_port() -> int:
    """Raises GatewayError when none is found."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise GatewayError("No free port was found for the gateway.")
