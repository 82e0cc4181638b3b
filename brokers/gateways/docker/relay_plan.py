"""A relay's container as it is asked of the engine. Its key is a file; all that the engine shows is a mark of it."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from docker.types import Mount

from brokers.gateways.docker.hardening import hardened
from brokers.gateways.docker.names import PORT, RELAY, RELAY_ROLE, ROLE, Names
from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.relay.command import arguments

# Another one than a gateway's, which is a stranger's program.
USER = "1001:1001"
LISTEN_PORT = 4000
VOLUME_PATH = "/var/lib/relay"
MEMORY_PATH = f"{VOLUME_PATH}/fence"
KEY_PATH = "/run/relay"
KEY_FILE = "key"
_MEMORY_MIB, _CPUS, _PIDS = 64, Decimal("0.5"), 32
# One that ran out of memory comes back by itself, and has forgotten nothing: unlike a gateway's, its start is no login.
_RESTARTS = 5


def container(
    names: Names, settings: ContainerSettings, *, key_folder: Path, upstream: str, mark: str
) -> dict[str, Any]:
    """The arguments of the SDK's `containers.create`. `upstream` is the gateway's API, HOST:PORT."""
    return {
        "image": settings.relay_image,
        "name": names.relay_on_engine,
        "labels": {**names.labels, ROLE: RELAY_ROLE, RELAY: mark, PORT: str(LISTEN_PORT)},
        "entrypoint": ["python3"],
        "command": _command(names, upstream),
        "network": names.on_engine,
        "mounts": [
            Mount(VOLUME_PATH, names.relay_on_engine, type="volume", no_copy=True),
            Mount(KEY_PATH, str(key_folder), type="bind", read_only=True),
        ],
        "user": USER,
        "restart_policy": {"Name": "on-failure", "MaximumRetryCount": _RESTARTS},
        **hardened(memory_mib=_MEMORY_MIB, cpus=_CPUS, pids=_PIDS),
    }


def mark(key: bytes, *, upstream: str, settings: ContainerSettings) -> str:
    """By which a running relay is known to be the one that is wanted, without its key being told."""
    fingerprint = hmac.new(key, b"fingerprint", "sha256").hexdigest()
    wanted = "\0".join([fingerprint, upstream, settings.relay_image, settings.relay_network or ""])
    return hashlib.sha256(wanted.encode()).hexdigest()


def _command(names: Names, upstream: str) -> list[str]:
    return arguments(
        name=names.gateway,
        listen=f"0.0.0.0:{LISTEN_PORT}",
        upstream=upstream,
        key_file=PurePosixPath(KEY_PATH, KEY_FILE),
        memory=PurePosixPath(MEMORY_PATH, "newest"),
    )
