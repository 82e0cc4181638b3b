"""Waiting for a gateway's login: what its log says, whether it still runs, whether its port answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from docker.models.containers import Container

from brokers.gateways.base import (
    Endpoint,
    GatewayError,
    GatewayLoginFailed,
    LoginWord,
    SecondFactorMissed,
    Tell,
)
from brokers.gateways.docker import containers
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.login import Login, LoginState, read_login
from brokers.gateways.docker.logins import Logins
from brokers.gateways.waiting import until_logged_in

# Seconds.
_LOOK_EVERY = 0.25
_PORT_DEADLINE = 2.0
# Some versions of IBC have nothing to configure, and then don't say that it's done.
_CONFIGURATION_DEADLINE = 15.0


@dataclass(frozen=True, slots=True)
class _Look:
    """`is_new`: its login was never seen to be over."""

    container: Container
    endpoint: Endpoint
    name: str
    login: Login
    is_new: bool


class LoginWait:
    """One gateway's login, from now on."""

    def __init__(self, engine: Engine, fleet: str, logins: Logins, gateway_id: str) -> None:
        self._engine = engine
        self._fleet = fleet
        self._logins = logins
        self._gateway_id = gateway_id
        self._logged_in_at: float | None = None

    async def until_in(self, deadline: float, tell: Tell) -> None:
        """`deadline` is in seconds from now. Raises GatewayLoginFailed, SecondFactorMissed and GatewayError."""
        await until_logged_in(self._words, every=_LOOK_EVERY, deadline=deadline, tell=tell)

    async def _words(self) -> Sequence[LoginWord] | None:
        look = await self._engine.ask(self._look)
        await self._raise_its_end(look)
        if not self._is_settled(look) or not await _answers(look.endpoint):
            return look.login.words
        self._logins.forget(look.name)
        return None

    def _look(self) -> _Look:
        found = containers.find_by_id(self._engine.client, self._fleet, self._gateway_id)
        if found is None:
            raise GatewayError(f"The gateway {self._gateway_id} is not known here any more.")
        names, container = found
        return _Look(
            container=container,
            endpoint=containers.endpoint(container, names),
            name=names.gateway,
            login=read_login(containers.log_lines(container, stamped=True)),
            is_new=self._logins.read(names.gateway) is not None,
        )

    async def _raise_its_end(self, look: _Look) -> None:
        error = _end_of(look)
        if error is None:
            return
        self._logins.forget(look.name)
        # At once: left alone, it would try the same password again, and the broker locks accounts for that.
        await self._engine.ask(containers.end, look.container, grace=0)
        raise error

    def _is_settled(self, look: _Look) -> bool:
        if look.login.state is LoginState.LOGGED_IN:
            now = time.monotonic()
            self._logged_in_at = self._logged_in_at or now
            return now - self._logged_in_at > _CONFIGURATION_DEADLINE
        # What logged in long ago may have said so in lines that the engine no longer keeps.
        said_long_ago = look.login.state is LoginState.UNTOLD and not look.is_new
        return look.login.state is LoginState.CONFIGURED or said_long_ago


def _end_of(look: _Look) -> GatewayError | None:
    if look.login.state is LoginState.REFUSED:
        return GatewayLoginFailed("Interactive Brokers refused this username and password.")
    if look.login.state is LoginState.UNCONFIRMED:
        return SecondFactorMissed("Nobody confirmed the login's second factor in time.")
    if not containers.runs(look.container):
        status = containers.exit_status(look.container)
        return GatewayError(f"The gateway ended while it was logging in (exit status {status}).")
    return None


async def _answers(endpoint: Endpoint) -> bool:
    try:
        async with asyncio.timeout(_PORT_DEADLINE):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
