"""What every gateway's container is given. Whoever runs the engine chooses it; a caller of the runtime can't."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Network
from pathlib import Path

from brokers.gateways.base import GatewayError

RELAY_IMAGE = "gatehouse-relay:latest"
COMMON_IMAGE = "ghcr.io/gnzsnz/ib-gateway:stable"
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_USER = re.compile(r"[1-9]\d{0,9}:[1-9]\d{0,9}")
_SUBNET_BITS = 29
_SUBNETS = IPv4Network("10.213.0.0/16")
# The engine refuses less memory than this.
_LEAST_MEMORY_MIB = 6


class SettingRefused(GatewayError):
    """A setting that no container can be made with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """`fleet` tells the containers of one deployment from another's on the same engine.

    `logins` is a folder on a file system in memory, seen by the engine under the same path. `user` is `uid:gid` in the
    container. `writable` are paths that get a file system in memory each, beside a read-only root. `subnets` is cut
    into networks of eight addresses. `memory_mib` and `java_heap_mib` are MiB, `cpus` are cores. `java_heap_mib` makes
    the common image edit a file of its own, which a read-only root refuses. `auto_restart_time` is as IB writes it, in
    `time_zone`. With `pinned`, the gateway's image is named by its digest. `relay_image` is ours. `relay_network` is
    the network that workers in containers share with relays; without one, workers are processes of this host.
    """

    image: str = COMMON_IMAGE
    pinned: bool = False
    relay_image: str = RELAY_IMAGE
    relay_network: str | None = None
    fleet: str = "gatehouse"
    logins: Path = Path("/dev/shm/gatehouse-logins")  # noqa: S108 - in memory on every Linux; made private and checked
    user: str = "1000:1000"
    read_only_root: bool = True
    writable: tuple[str, ...] = ("/tmp", "/run")  # noqa: S108 - paths in the container
    memory_mib: int = 1536
    cpus: Decimal = Decimal(1)
    pids: int = 512
    subnets: IPv4Network = _SUBNETS
    java_heap_mib: int | None = None
    auto_restart_time: str = "11:59 PM"
    time_zone: str = "America/New_York"

    def __post_init__(self) -> None:
        """Raises SettingRefused."""
        self._check_image()
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.fleet):
            raise SettingRefused(f"The fleet {self.fleet!r} must be up to 40 small letters, digits and -.")
        if not _USER.fullmatch(self.user):
            raise SettingRefused(f"The container's user {self.user!r} must be uid:gid in numbers, and not root's.")
        if self.memory_mib < _LEAST_MEMORY_MIB or self.cpus <= 0 or self.pids < 1:
            raise SettingRefused(
                f"A container can't live with {self.memory_mib} MiB, {self.cpus} cores and {self.pids} processes."
            )
        if self.subnets.prefixlen > _SUBNET_BITS:
            raise SettingRefused(f"{self.subnets} has no room for a network of eight addresses.")

    def _check_image(self) -> None:
        if self.pinned and not _DIGEST.fullmatch(self.image):
            raise SettingRefused(
                f"The image {self.image!r} is named by a tag, which can come to mean another image. "
                "Name it by its digest: NAME@sha256:…"
            )
