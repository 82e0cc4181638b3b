"""A container as it is asked of the engine: what it may, what it sees, what it's told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docker.types import Mount

from brokers.domain import TradingMode
from brokers.gateways.base import GatewaySpec
from brokers.gateways.docker.hardening import hardened
from brokers.gateways.docker.names import GATEWAY_ROLE, LOGIN, PORT, ROLE, Names, login_label
from brokers.gateways.docker.settings import ContainerSettings

# The ports on which the common image offers the API to other containers.
PORTS = {TradingMode.LIVE: 4003, TradingMode.PAPER: 4004}
VOLUME_PATH = "/var/lib/gateway"
SETTINGS_PATH = f"{VOLUME_PATH}/settings"
LOGIN_PATH = "/run/login"
PASSWORD_FILE = "password"  # noqa: S105 - its name
_WRITABLE_OPTIONS = "rw,nosuid,nodev,noexec,mode=1777,size=256m"


def container(spec: GatewaySpec, names: Names, settings: ContainerSettings, *, login_folder: Path) -> dict[str, Any]:
    """The arguments of the SDK's `containers.create`."""
    return {
        "image": settings.image,
        "name": names.on_engine,
        "labels": {
            **names.labels,
            ROLE: GATEWAY_ROLE,
            LOGIN: login_label(spec),
            PORT: str(PORTS[spec.trading_mode]),
        },
        "environment": _environment(spec, settings),
        "network": names.on_engine,
        "mounts": _mounts(names, login_folder),
        "user": settings.user,
        "restart_policy": {"Name": "no"},  # the supervisor decides: each start is a login
        "tmpfs": dict.fromkeys(settings.writable, _WRITABLE_OPTIONS),
        **hardened(memory_mib=settings.memory_mib, cpus=settings.cpus, pids=settings.pids),
        "read_only": settings.read_only_root,
    }


def _mounts(names: Names, login_folder: Path) -> list[Mount]:
    return [
        Mount(VOLUME_PATH, names.on_engine, type="volume", no_copy=True),
        Mount(LOGIN_PATH, str(login_folder), type="bind", read_only=True),
    ]


def _environment(spec: GatewaySpec, settings: ContainerSettings) -> dict[str, str]:
    """The common image's variables (https://github.com/gnzsnz/ib-gateway-docker). The password is in none of them.

    A second factor that nobody confirms ends the gateway: asking again is for whoever supervises it. IBC's own
    configuration, into which the image writes the password, is kept in memory too.
    """
    heap = {} if settings.java_heap_mib is None else {"JAVA_HEAP_SIZE": str(settings.java_heap_mib)}
    return heap | {
        "TWS_USERID": spec.username,
        "TWS_PASSWORD_FILE": f"{LOGIN_PATH}/{PASSWORD_FILE}",
        "TRADING_MODE": spec.trading_mode.value,
        "READ_ONLY_API": "yes" if spec.read_only else "no",
        "TWOFA_TIMEOUT_ACTION": "exit",
        "TWOFA_EXIT_INTERVAL": "60",
        "RELOGIN_AFTER_TWOFA_TIMEOUT": "no",
        "AUTO_RESTART_TIME": settings.auto_restart_time,
        "TIME_ZONE": settings.time_zone,
        "EXISTING_SESSION_DETECTED_ACTION": "primary",
        "TWS_SETTINGS_PATH": SETTINGS_PATH,
        "IBC_INI": "/run/ibc.ini",
    }
