"""What belongs to whom on an engine that others use too: told by labels, never by a name alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from brokers.gateways.base import GatewayError, GatewaySpec

FLEET, GATEWAY, ROLE = "gatehouse.fleet", "gatehouse.gateway", "gatehouse.role"
LOGIN, PORT = "gatehouse.login", "gatehouse.port"
RELAY = "gatehouse.relay"
# Beside the gateway's own container stands its relay's; whatever carries the gateway's name ends with it.
GATEWAY_ROLE, RELAY_ROLE = "gateway", "relay"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Names:
    """Of one gateway's container, network and volume, which the engine keeps in lists of their own, and its relay's."""

    fleet: str
    gateway: str

    def __post_init__(self) -> None:
        """Raises GatewayError."""
        if not _NAME.fullmatch(self.gateway):
            raise GatewayError(f"{self.gateway!r} can't be a gateway's name: letters, digits, - and _ can.")

    @property
    def on_engine(self) -> str:
        return f"{self.fleet}-{self.gateway}"

    @property
    def relay(self) -> str:
        """Of the relay's folder. A gateway's own name has no dot."""
        return f"{self.gateway}.relay"

    @property
    def relay_on_engine(self) -> str:
        return f"{self.fleet}-{self.relay}"

    @property
    def labels(self) -> dict[str, str]:
        return {FLEET: self.fleet, GATEWAY: self.gateway}

    def own(self, labels: dict[str, str] | None) -> bool:
        return self.labels.items() <= (labels or {}).items()


def login_label(spec: GatewaySpec) -> str:
    """Tells whether a running gateway has this login, and doesn't say which."""
    login = f"{spec.username}\0{spec.trading_mode.value}\0{spec.read_only}"
    return hashlib.sha256(login.encode()).hexdigest()


def fleet_filter(fleet: str) -> dict[str, str | list[str] | bool]:
    return {"label": f"{FLEET}={fleet}"}
