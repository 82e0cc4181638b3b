"""A gateway that a node starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokers.config.login import read_login
from brokers.config.numbers import require_seconds
from brokers.config.reading import put
from brokers.domain import TradingMode
from brokers.gateways.base import GatewayRuntime
from brokers.refusals import ConfigRefused

if TYPE_CHECKING:
    from brokers.config.types import Read

# The default of `Read` settings, which a type checker would take for the setting itself.
_NOT_GIVEN: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveBrokersGatewayConfig:
    """A gateway that is started for the node and stopped with it.

    `runtime` is where it runs: `simulator` (a process of this machine), or any GatewayRuntime. `name` is how it's found
    again, and is its own in `folder`, where a simulator keeps what it knows of its account; without a folder it
    forgets. `login_deadline` covers a prompt for a second factor, which lasts 180 s.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    trading_mode: Read[TradingMode | str | None, TradingMode | None] = _NOT_GIVEN
    read_only_api: bool = False
    runtime: str | GatewayRuntime = "simulator"
    name: str = "gateway"
    folder: Read[Path | str | None, Path | None] = _NOT_GIVEN
    login_deadline: float = 300.0

    def __post_init__(self) -> None:
        read_login(self, "the gateway's")
        put(self, "folder", Path(self.folder) if self.folder is not None else None)
        require_seconds(self, "login_deadline")
        if isinstance(self.runtime, str) and self.runtime != "simulator":
            raise ConfigRefused(
                f"The gateway's runtime can't be {self.runtime!r}; it is 'simulator' or a GatewayRuntime. A gateway "
                "that somebody else runs needs none: give its host and port."
            )
