"""What every container of ours is denied, a gateway's and a relay's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from docker.types import LogConfig

_MIB = 1024 * 1024


def hardened(*, memory_mib: int, cpus: Decimal, pids: int) -> dict[str, Any]:
    """Arguments of the SDK's `containers.create`. `cpus` are cores; threads count as `pids`."""
    return {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,  # a gateway is many processes, and some die as orphans
        "mem_limit": memory_mib * _MIB,
        "memswap_limit": memory_mib * _MIB,
        "nano_cpus": int(cpus * 1_000_000_000),
        "pids_limit": pids,
        "log_config": LogConfig(type="json-file", config={"max-size": "5m", "max-file": "2"}),
    }
