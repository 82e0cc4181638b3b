"""Ends many at once. What no account owns any more loses its settings too, here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from docker import DockerClient

from brokers.gateways.docker import containers, volumes
from brokers.gateways.docker.names import GATEWAY, Names, fleet_filter

# Seconds. The list of accounts that a caller read may be as old as this.
OLD_ENOUGH = 600.0


def sweep(
    client: DockerClient, fleet: str, *, wanted: Collection[str], known: Collection[str], older_than: float
) -> list[str]:
    """As GatewayRuntime.sweep, of one fleet. What was stopped in good order, and left its settings, is no news."""
    found = _found(client, fleet, datetime.now(UTC) - timedelta(seconds=older_than))
    swept = [name for name, parts in found.items() if name not in wanted and (parts.runs or name not in known)]
    for name in swept:
        _end(client, Names(fleet, name), with_settings=name not in known)
    return sorted(swept)


def owners(client: DockerClient, fleet: str) -> set[str]:
    """Every gateway that the engine holds anything of."""
    return {labels.get(GATEWAY, "") for labels, _, _ in _listed(client, fleet)} - {""}


def _end(client: DockerClient, names: Names, *, with_settings: bool) -> None:
    containers.stop(client, names)
    if with_settings:
        volumes.remove(client, names)


def stop_all(client: DockerClient, fleet: str) -> list[str]:
    """Stops every gateway of the fleet, whose settings stay, and returns their names."""
    found = client.containers.list(all=True, filters=fleet_filter(fleet), ignore_removed=True)
    stopped = sorted({container.labels.get(GATEWAY, "") for container in found} - {""})
    for name in stopped:
        containers.stop(client, Names(fleet, name))
    return stopped


@dataclass(slots=True)
class _Parts:
    """What there is of one gateway. `runs`: a container or a network, which a stop would have taken away."""

    youngest: datetime
    runs: bool = False


def _found(client: DockerClient, fleet: str, youngest: datetime) -> dict[str, _Parts]:
    """Gateways all of whose parts are older, by name."""
    found: dict[str, _Parts] = {}
    for labels, created, runs in _listed(client, fleet):
        name, at = labels.get(GATEWAY, ""), datetime.fromisoformat(created)
        parts = found.setdefault(name, _Parts(at))
        parts.youngest, parts.runs = max(parts.youngest, at), parts.runs or runs
    return {name: parts for name, parts in found.items() if name and parts.youngest <= youngest}


def _listed(client: DockerClient, fleet: str) -> Iterator[tuple[dict[str, str], str, bool]]:
    """Labels, creation, and whether it's a part that only a gateway that wasn't stopped has."""
    mine = fleet_filter(fleet)
    for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
        yield container.labels, container.attrs["Created"], True
    for network in client.networks.list(filters=mine):
        yield network.attrs["Labels"], network.attrs["Created"], True
    for volume in client.volumes.list(filters=mine):
        yield volume.attrs["Labels"], volume.attrs["CreatedAt"], False
