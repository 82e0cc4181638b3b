"""Ends many at once. What no account owns any more loses its settings too, here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from docker import DockerClient

from brokers.gateways.docker import containers, networks, volumes
from brokers.gateways.docker.names import GATEWAY, Names, fleet_filter

# Seconds. The list of accounts that a caller read may be as old as this.
OLD_ENOUGH = 600.0


def sweep(client: DockerClient, fleet: str, *, known: Collection[str], older_than: float) -> list[str]:
    """The gateways of the fleet that aren't `known`, by name, which now have no container, network or volume.

    What is younger than so many seconds is left: its account may be newer than the caller's list.
    """
    found = _names(client, fleet, datetime.now(UTC) - timedelta(seconds=older_than))
    orphans = sorted(found - set(known))
    for name in orphans:
        names = Names(fleet, name)
        containers.stop(client, names)
        networks.remove(client, names)
        volumes.remove(client, names)
    return orphans


def stop_all(client: DockerClient, fleet: str) -> list[str]:
    """Stops every gateway of the fleet, whose settings stay, and returns their names."""
    found = client.containers.list(all=True, filters=fleet_filter(fleet), ignore_removed=True)
    stopped = sorted({container.labels.get(GATEWAY, "") for container in found} - {""})
    for name in stopped:
        containers.stop(client, Names(fleet, name))
    return stopped


def _names(client: DockerClient, fleet: str, youngest: datetime) -> set[str]:
    """Of gateways all of whose parts are older."""
    mine = fleet_filter(fleet)
    listed = [
        (part.labels, part.attrs["Created"])
        for part in client.containers.list(all=True, filters=mine, ignore_removed=True)
    ]
    listed += [(part.attrs["Labels"], part.attrs["Created"]) for part in client.networks.list(filters=mine)]
    listed += [(part.attrs["Labels"], part.attrs["CreatedAt"]) for part in client.volumes.list(filters=mine)]
    young = {labels.get(GATEWAY, "") for labels, created in listed if datetime.fromisoformat(created) > youngest}
    return {labels.get(GATEWAY, "") for labels, _ in listed} - young - {""}
