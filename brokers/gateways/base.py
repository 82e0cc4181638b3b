"""What a place that runs gateways must do. Demo and production differ in this one object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from brokers.domain import TradingMode


class GatewayError(Exception):
    """A gateway could not be started, found or stopped. The message is safe to show to its owner."""


class GatewayLoginFailed(GatewayError):
    """The broker refused the username or the password. Never retried by a machine: wrong passwords lock accounts."""


class SecondFactorMissed(GatewayError):
    """The password was right, and nobody confirmed the login. A machine that asks again only wakes somebody up."""


@dataclass(frozen=True, slots=True)
class LoggingIn:
    """The username and password are on their way; also when a second factor was confirmed."""


@dataclass(frozen=True, slots=True)
class SecondFactorAsked:
    """A person has to confirm the login on a phone: `attempt` of `attempts`, and `until` (UTC) when it is given up."""

    attempt: int
    attempts: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SecondFactorUnanswered:
    """Nobody confirmed `attempt` of `attempts`, or somebody turned it down. Another may follow by itself."""

    attempt: int
    attempts: int


@dataclass(frozen=True, slots=True)
class LoginEnded:
    """A login that was done is over, as all are on Sunday at 01:00 in New York. A person has to confirm it again."""


# What a login says of itself before it is done. A gateway that is logged in says nothing more here.
LoginWord = LoggingIn | SecondFactorAsked | SecondFactorUnanswered | LoginEnded
Tell = Callable[[LoginWord], Awaitable[None]]


async def tell_nobody(_word: LoginWord) -> None:
    """For whoever only waits for the end of a login."""


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

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float, tell: Tell = tell_nobody) -> None:
        """Return once the API port answers. `tell` is awaited with each word that is news while it waits.

        `deadline` is in seconds from now, and anew from the end of each second factor that is asked for: a person is
        given the time that the broker gives. Raises GatewayLoginFailed when the broker refused the login,
        SecondFactorMissed when nobody confirmed it, GatewayError on any other end or at the deadline, and what `tell`
        raises.
        """

    async def find(self, name: str) -> Endpoint | None:
        """The running gateway of this name, or None."""

    async def stop(self, name: str) -> None:
        """Stop it and remove its secrets. Nothing happens when it doesn't run."""

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """Its newest log lines, oldest first, with secrets masked."""

    async def sweep(self, *, wanted: Collection[str], known: Collection[str], older_than: float) -> list[str]:
        """End every gateway of ours that isn't `wanted`, and return the names of those that were ended or removed.

        What isn't even `known` loses its files, networks and settings too; so `known` names every account there is.
        What is younger than `older_than` seconds is left: the caller's lists may be older than its account.
        """
