"""A container as it is asked of the engine: what it may, what it sees, what it's told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docker.types import LogConfig, Mount

from brokers.domain import TradingMode
from brokers.gateways.base import GatewaySpec
from brokers.gateways.docker.names import GATEWAY_ROLE, LOGIN, PORT, ROLE, Names, login_label
from brokers.gateways.docker.settings import ContainerSettings

# The ports on which the common image offers the API to other containers.
PORTS = {TradingMode.LIVE: 4003, TradingMode.PAPER: 4004}
# The settings are a folder in the volume and not its root, which the engine gives to root whatever we ask for.
VOLUME_PATH, SETTINGS_FOLDER = "/var/lib/gateway", "settings"
SETTINGS_PATH = f"{VOLUME_PATH}/{SETTINGS_FOLDER}"
LOGIN_PATH = "/run/login"
PASSWORD_FILE = "password"  # noqa: S105 - its name
_MIB = 1024 * 1024
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
        "log_config": LogConfig(type="json-file", config={"max-size": "5m", "max-file": "2"}),
        "restart_policy": {"Name": "no"},  # the supervisor decides: each start is a login
        **_limits(settings),
    }


def _limits(settings: ContainerSettings) -> dict[str, Any]:
    return {
        "read_only": settings.read_only_root,
        "tmpfs": dict.fromkeys(settings.writable, _WRITABLE_OPTIONS),
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,  # a gateway is many processes, and some die as orphans
        "mem_limit": settings.memory_mib * _MIB,
        "memswap_limit": settings.memory_mib * _MIB,
        "nano_cpus": int(settings.cpus * 1_000_000_000),
        "pids_limit": settings.pids,
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
