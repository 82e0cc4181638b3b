"""Gateways in containers for a stack: an engine, the simulated gateway's image, and a keeper before the engine."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient

from brokers.gateways.docker.sweep import stop_all
from deploy.local import engine, images, sockets
from deploy.local.engine import ROOT

KEEPER_DEADLINE = 30.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the keeper makes a private folder there and checks it


@dataclass(frozen=True, slots=True)
class Containers:
    """What a keeper is told. `fleet` is this folder's own, so that two stacks don't share gateways."""

    engine: str
    image: str
    relay_image: str
    fleet: str
    socket: Path

    def keeper_command(self) -> list[str]:
        return [
            *("-m", "brokers.gateways.keeper", "--socket", str(self.socket), "--engine", self.engine),
            *(
                "--image",
                self.image,
                "--relay-image",
                self.relay_image,
                "--fleet",
                self.fleet,
                "--logins",
                str(logins_of(self.fleet)),
            ),
            *("--memory-mib", "256"),
        ]

    def settings(self) -> dict[str, str]:
        """For workers."""
        return {"GATEHOUSE_GATEWAYS": "docker", "GATEHOUSE_KEEPER_SOCKET": str(self.socket)}


def fleet_of(var: Path) -> str:
    return f"stack-{hashlib.sha256(str(var).encode()).hexdigest()[:8]}"


def logins_of(fleet: str) -> Path:
    return IN_MEMORY / f"gatehouse-{fleet}"


@contextmanager
def ready(var: Path, say: Callable[[str], None]) -> Iterator[Containers]:
    """For the length of a `with` block, after which no gateway of the stack runs. Raises LocalError.

    The engine's files and the image are the tree's, and not each stack's: they take minutes to make.
    """
    say("Looking for a Docker engine")
    with engine.held(ROOT / "var") as url:
        client = DockerClient(base_url=url, timeout=60)
        fleet = fleet_of(var)
        wanted = var / "run" / "keeper"
        try:
            stop_all(client, fleet)  # of an earlier run that was killed
            image = images.image(client, ROOT / "var", images.SIMULATOR, say=say)
            relay_image = images.image(client, ROOT / "var", images.RELAY, say=say)
            socket = sockets.private_folder(wanted, longest_name="keeper.sock") / "keeper.sock"
            yield Containers(engine=url, image=image, relay_image=relay_image, fleet=fleet, socket=socket)
        finally:
            stop_all(client, fleet)
            shutil.rmtree(logins_of(fleet), ignore_errors=True)
            sockets.remove(wanted)
            client.close()
