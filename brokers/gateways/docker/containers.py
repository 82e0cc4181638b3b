"""A gateway's container, from its creation to its removal. All of this blocks: it is for the engine's threads."""

from __future__ import annotations

from pathlib import Path

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec
from brokers.gateways.docker import networks, plan, volumes
from brokers.gateways.docker.names import GATEWAY, GATEWAY_ROLE, LOGIN, PORT, ROLE, Names, login_label
from brokers.gateways.docker.settings import ContainerSettings

# Seconds between SIGTERM and SIGKILL.
GRACE = 8
# More lines than a login writes.
_LOG_LINES = 2000
_USERNAME = "TWS_USERID="


def start(
    client: DockerClient, spec: GatewaySpec, names: Names, settings: ContainerSettings, login_folder: Path
) -> Container:
    """Makes it and all that it needs. What fails half-way leaves no container."""
    networks.ensure(client, names, settings.subnets)
    volumes.ensure(client, names, names.on_engine)
    container = client.containers.create(**plan.container(spec, names, settings, login_folder=login_folder))
    try:
        volumes.give_folder(container, plan.SETTINGS_PATH, settings.user)
        container.start()
        container.reload()
    except BaseException:
        container.remove(force=True)
        raise
    return container


def find(client: DockerClient, names: Names) -> Container | None:
    """The gateway's own container, running or not. Raises GatewayError for a stranger under its name."""
    return find_named(client, names.on_engine, names, role=GATEWAY_ROLE)


def find_named(client: DockerClient, name: str, names: Names, *, role: str) -> Container | None:
    """The container that has this name and this role. Raises GatewayError for a stranger."""
    try:
        container = client.containers.get(name)
    except NotFound:
        return None
    if not names.own(container.labels) or container.labels.get(ROLE) != role:
        raise GatewayError(f"The container {name} isn't a {role} of ours, and is left alone.")
    return container


def find_by_id(client: DockerClient, fleet: str, gateway_id: str) -> tuple[Names, Container] | None:
    """The gateway that has this id, if it is one of the fleet's."""
    container_id = gateway_id.removeprefix("container ")
    try:
        container = client.containers.get(container_id)
    except NotFound:
        return None
    if container.labels.get(ROLE) != GATEWAY_ROLE or container.short_id != container_id:
        return None
    names = Names(fleet, container.labels.get(GATEWAY, ""))
    return (names, container) if names.own(container.labels) else None


def runs(container: Container) -> bool:
    return container.status == "running"


def has_login(container: Container, spec: GatewaySpec) -> bool:
    return container.labels.get(LOGIN) == login_label(spec)


def endpoint(container: Container, names: Names) -> Endpoint:
    """By its address on its own network, which this host reaches, and of other containers its relay's alone."""
    address = container.attrs["NetworkSettings"]["Networks"][names.on_engine]["IPAddress"]
    return Endpoint(host=address, port=int(container.labels[PORT]), gateway_id=f"container {container.short_id}")


def exit_status(container: Container) -> int:
    return int(container.attrs["State"]["ExitCode"])


def username(container: Container) -> str:
    variables = container.attrs["Config"]["Env"] or []
    return next((text.removeprefix(_USERNAME) for text in variables if text.startswith(_USERNAME)), "")


def log_lines(container: Container, *, lines: int = _LOG_LINES, stamped: bool = False) -> list[str]:
    """Unmasked: for reading, not for showing. `stamped`: each begins with its time in UTC and a space."""
    return container.logs(tail=lines, timestamps=stamped).decode(errors="replace").splitlines()


def stop(client: DockerClient, names: Names) -> None:
    """Its relay, the gateway, whatever else carries its name, and their network. Its settings and its fence stay.

    The relay first: nobody comes through to a gateway that is ending.
    """
    find(client, names)  # a stranger is refused before anything is touched
    labels = [f"{key}={value}" for key, value in names.labels.items()]
    found = client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
    for container in sorted(found, key=lambda container: container.labels.get(ROLE) == GATEWAY_ROLE):
        end(container)
        container.remove(force=True)
    networks.remove(client, names)


def end(container: Container, *, grace: int = GRACE) -> None:
    if runs(container):
        container.stop(timeout=grace)
