"""What a place that runs gateways must do. Demo and production differ in this one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from brokers.domain import TradingMode


class GatewayError(Exception):
    """A gateway could not be started, found or stopped. The message is safe to show to its owner."""


class GatewayLoginFailed(GatewayError):
    """The broker refused the username or the password. Never retried by a machine: wrong passwords lock accounts."""


@dataclass(frozen=True, slots=True)
class GatewaySpec:
    """What to start. `name` is unique per account and is how a running gateway is found again.

    The password and the key are kept out of `repr`, so that they can't reach a log or a traceback. `relay_key` is the
    gateway's own key (`relay.keys.gateway_key`): with one the gateway is reached through a relay, which lets in whoever
    proves it and has the newest fence. Without one nobody but its starter is expected.
    """

    name: str
    trading_mode: TradingMode
    username: str
    password: str = field(repr=False)
    read_only: bool = False
    relay_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a gateway's API is reached, and which gateway it is (a process id, a container id).

    `behind_relay`: at its relay, which wants an Admission before the API's first byte.
    """

    host: str
    port: int
    gateway_id: str
    behind_relay: bool = False


class GatewayRuntime(Protocol):
    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Start the gateway, or return the one that already runs under this name.

        Returns once the process exists and has its port; the login may still be under way. Raises GatewayError.
        """

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float) -> None:
        """Return once the API port answers. `deadline` is in seconds from now.

        Raises GatewayLoginFailed when the broker refused the login, GatewayError on any other end or at the deadline.
        """

    async def find(self, name: str) -> Endpoint | None:
        """The running gateway of this name, or None."""

    async def stop(self, name: str) -> None:
        """Stop it and remove its secrets. Nothing happens when it doesn't run."""

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """Its newest log lines, oldest first, with secrets masked."""
