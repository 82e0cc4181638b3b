"""`deploy/compose.yml`, as an operator brings it up, with names and folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.models.containers import Container

from brokers.gateways.docker.sweep import sweep
from deploy.local.engine import ROOT
from deploy.local.processes import LocalError, became_true
from deploy.trial.images import Images

PROJECT = FLEET = "gatehouse-trial"
COMPOSE_FILE = ROOT / "deploy" / "compose.yml"
IN_MEMORY = Path("/dev/shm/gatehouse-trial")  # noqa: S108 - made by the engine, and the keeper closes what's in it
COMMAND_DEADLINE = 900
# Seconds.
HEALTHY_DEADLINE = 240.0
PARTS = ("postgres", "redis", "keeper", "web", "worker", "beat")


@dataclass(frozen=True, slots=True)
class Deployment:
    client: DockerClient
    settings: Mapping[str, str]

    def compose(self, *words: str) -> str:
        """What it printed. Raises LocalError with it when it fails."""
        return run(["docker-compose", "-f", str(COMPOSE_FILE), *words], self.settings)

    def container(self, part: str) -> Container | None:
        labels = [f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={part}"]
        found = self.client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
        return found[0] if found else None

    def health(self, part: str) -> str:
        """`healthy`, `starting`, `unhealthy`; or how the container is when it isn't running."""
        container = self.container(part)
        if container is None:
            return "missing"
        state = container.attrs["State"]
        return str(state["Health"]["Status"] if state["Running"] else state["Status"])

    def wait_until_healthy(self) -> None:
        if not became_true(self._is_healthy, deadline=HEALTHY_DEADLINE, every=1.0):
            told = ", ".join(f"{part} {self.health(part)}" for part in PARTS)
            raise LocalError(f"Not all is well within {HEALTHY_DEADLINE:g} s: {told}")

    def _is_healthy(self) -> bool:
        return all(self.health(part) == "healthy" for part in PARTS)

    def logs(self) -> str:
        return self.compose("logs", "--no-color", "--tail=40")


@contextmanager
def running(
    url: str, client: DockerClient, images: Images, *, port: int, say: Callable[[str], None]
) -> Iterator[Deployment]:
    """For the length of a `with` block; afterwards nothing of it is left on the engine but images."""
    keys = Path(tempfile.mkdtemp(prefix="gatehouse-trial-"))
    deployment = Deployment(client, _settings(url, images, port=port, keys=keys))
    try:
        _take_down(deployment)  # of an earlier run that was killed
        say("Building our own images")
        deployment.compose("build", "--quiet", "relay-image", "keeper")
        say("Making the keys")
        deployment.compose("run", "--rm", "keys")
        say("Bringing it up")
        deployment.compose("up", "--detach")
        yield deployment
    except LocalError as error:
        raise LocalError(f"{error}\n{_last_words(deployment)}") from error
    finally:
        say("Taking it down")
        _take_down(deployment)
        shutil.rmtree(keys)


def _last_words(deployment: Deployment) -> str:
    try:
        return deployment.logs()
    except LocalError:
        return "There are no logs."


def _take_down(deployment: Deployment) -> None:
    """The worker leaves its gateways logged in when it goes: they are swept, and then their network can go."""
    deployment.compose("stop", "worker")
    sweep(deployment.client, FLEET, wanted=(), known=(), older_than=0)
    deployment.compose("down", "--volumes", "--remove-orphans")
    shutil.rmtree(IN_MEMORY, ignore_errors=True)


def _settings(url: str, images: Images, *, port: int, keys: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DOCKER_HOST": url,
        "COMPOSE_PROJECT_NAME": PROJECT,
        "GATEHOUSE_BASE": images.base,
        "GATEHOUSE_IMAGE": f"{PROJECT}:latest",
        "GATEHOUSE_RELAY_IMAGE": f"{PROJECT}-relay:latest",
        "GATEHOUSE_POSTGRES_IMAGE": images.postgres,
        "GATEHOUSE_REDIS_IMAGE": images.redis,
        "GATEHOUSE_GATEWAY_IMAGE": images.gateway,
        "GATEHOUSE_GATEWAY_IMAGE_PINNED": "0",  # an image that was built here has no digest
        "GATEHOUSE_GATEWAY_FLEET": FLEET,
        "GATEHOUSE_GATEWAY_MEMORY_MIB": "256",
        "GATEHOUSE_ENGINE_SOCKET": url.removeprefix("unix://"),
        "GATEHOUSE_KEEPER_FOLDER": str(IN_MEMORY),
        "GATEHOUSE_KEYS": str(keys),
        "GATEHOUSE_PORT": str(port),
        "GATEHOUSE_HTTPS": "0",  # nothing ends TLS before it here
    }


def run(command: list[str], settings: Mapping[str, str]) -> str:
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=COMMAND_DEADLINE, env=dict(settings), cwd=ROOT
    )
    if result.returncode:
        raise LocalError(f"{' '.join(command)} failed:\n{result.stdout[-3000:]}{result.stderr[-3000:]}".rstrip())
    return result.stdout.strip()
