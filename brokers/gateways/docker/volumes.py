"""A volume of settings for each gateway: its restart token and the device that IB knows it as. Lost, the next login
needs a second factor; so it outlives every container.
"""

from __future__ import annotations

import io
import tarfile

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.volumes import Volume

from brokers.gateways.base import GatewayError
from brokers.gateways.docker.names import Names
from brokers.gateways.docker.plan import SETTINGS_FOLDER, VOLUME_PATH


def ensure(client: DockerClient, names: Names) -> None:
    """Raises GatewayError when the name is another's."""
    if _find(client, names) is None:
        client.volumes.create(names.on_engine, labels=names.labels)


def remove(client: DockerClient, names: Names) -> None:
    volume = _find(client, names)
    if volume is not None:
        volume.remove()


def give_settings_to(container: Container, user: str) -> None:
    """Makes the settings' folder in the volume, for `uid:gid` alone. The container isn't running yet."""
    folder = tarfile.TarInfo(SETTINGS_FOLDER)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o700
    folder.uid, folder.gid = (int(number) for number in user.split(":"))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        writer.addfile(folder)
    container.put_archive(VOLUME_PATH, archive.getvalue())


def _find(client: DockerClient, names: Names) -> Volume | None:
    try:
        volume = client.volumes.get(names.on_engine)
    except NotFound:
        return None
    if not names.own(volume.attrs["Labels"]):
        raise GatewayError(f"The volume {names.on_engine} isn't ours, and is left alone.")
    return volume
