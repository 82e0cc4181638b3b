"""A volume of settings for each gateway: its restart token and the device that IB knows it as. Lost, the next login
needs a second factor. And one for its relay: the newest fence. Lost, an owner that was stopped could come back. So both
outlive every container.
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


def ensure(client: DockerClient, names: Names, volume: str) -> None:
    """`volume` is its name on the engine. Raises GatewayError when it is another's."""
    if _find(client, names, volume) is None:
        client.volumes.create(volume, labels=names.labels)


def remove(client: DockerClient, names: Names) -> None:
    """The gateway's and its relay's."""
    for name in (names.on_engine, names.relay_on_engine):
        volume = _find(client, names, name)
        if volume is not None:
            volume.remove()


def give_folder(container: Container, path: str, user: str) -> None:
    """Makes the folder at `path`, whose parent is a volume, for `uid:gid` alone. The container isn't running yet.

    A volume's own root is the engine's: it gives it to root whatever we ask for.
    """
    parent, _, name = path.rpartition("/")
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o700
    folder.uid, folder.gid = (int(number) for number in user.split(":"))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        writer.addfile(folder)
    container.put_archive(parent, archive.getvalue())


def _find(client: DockerClient, names: Names, name: str) -> Volume | None:
    try:
        volume = client.volumes.get(name)
    except NotFound:
        return None
    if not names.own(volume.attrs["Labels"]):
        raise GatewayError(f"The volume {name} isn't ours, and is left alone.")
    return volume
