"""The places that can run gateways, by the name that GATEHOUSE_GATEWAYS gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from brokers.gateways.base import GatewayRuntime
from brokers.gateways.keeper.runtime import KeeperRuntime
from brokers.gateways.process import ProcessRuntime


class UnknownRuntime(Exception):
    """GATEHOUSE_GATEWAYS names no runtime that exists."""


_RUNTIMES: dict[str, Callable[[Path, Path], GatewayRuntime]] = {
    "docker": lambda _var, keeper: KeeperRuntime(keeper),
    "process": lambda var, _keeper: ProcessRuntime(var / "gateways", simulator_arguments=settings.SIMULATOR_ARGUMENTS),
}


def runtime_named(name: str, *, var: Path, keeper: Path) -> GatewayRuntime:
    """The runtime of that name, with its files under `var`, or with the keeper that listens on the socket `keeper`.

    Raises UnknownRuntime, naming those that exist.
    """
    if name not in _RUNTIMES:
        raise UnknownRuntime(f"GATEHOUSE_GATEWAYS is {name!r}; it must be one of: {', '.join(sorted(_RUNTIMES))}.")
    return _RUNTIMES[name](var, keeper)
