"""What takes the place of images that would be pulled: bases from this machine's own package mirror."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.errors import BuildError

from deploy.local import images
from deploy.local.images import Base
from deploy.local.processes import LocalError

PRODUCT = Base("gatehouse-trial-base", "python3,python3-venv,tzdata")
SERVICES = Base("gatehouse-trial-services", "postgresql,redis-server")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Images:
    """Their names on the engine."""

    base: str
    postgres: str
    redis: str
    gateway: str


def ready(client: DockerClient, var: Path, say: Callable[[str], None]) -> Images:
    """Raises LocalError."""
    services = images.base_image(client, var, SERVICES, say=say)
    return Images(
        base=images.base_image(client, var, PRODUCT, say=say),
        postgres=_built(client, HERE / "postgres", base=services),
        redis=_built(client, HERE / "redis", base=services),
        gateway=_kept(client, images.image(client, var, images.SIMULATOR, say=say), "gateway"),
    )


def _kept(client: DockerClient, image: str, name: str) -> str:
    """Under a name of the trial's own: a run of the tests beside it forgets images that no container uses."""
    client.images.get(image).tag(f"gatehouse-trial-{name}", "latest")
    return f"gatehouse-trial-{name}:latest"


def _built(client: DockerClient, folder: Path, *, base: str) -> str:
    name = f"gatehouse-trial-{folder.name}:latest"
    try:
        client.images.build(fileobj=_context(folder), custom_context=True, tag=name, rm=True, buildargs={"BASE": base})
    except BuildError as error:
        raise LocalError(f"The image {name} could not be built: {error}") from error
    return name


def _context(folder: Path) -> io.BytesIO:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    written.seek(0)
    return written
