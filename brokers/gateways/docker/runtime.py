"""Gateways in containers of a Docker engine, found again by their labels."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection

from docker.models.containers import Container

from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec, Tell, tell_nobody
from brokers.gateways.docker import containers, relays
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.logins import Logins
from brokers.gateways.docker.names import Names
from brokers.gateways.docker.relays import Relays
from brokers.gateways.docker.settings import ContainerSettings
from brokers.gateways.docker.sweep import OLD_ENOUGH, owners, sweep
from brokers.gateways.docker.waiting import LoginWait
from brokers.gateways.masks import Mask, masked


class DockerRuntime:
    """A GatewayRuntime. What one object started, another finds: only the masks of passwords are its own."""

    def __init__(self, engine: Engine, settings: ContainerSettings) -> None:
        """Raises SettingRefused when passwords could reach a disk."""
        self._engine = engine
        self._settings = settings
        self._logins = Logins(settings.logins)
        self._logins.prepare()
        self._relays = Relays(settings, self._logins)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._masks: dict[str, Mask] = {}

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Starts it, or returns the one that already runs under this name with this login and mode.

        With a key, its relay too: a gateway keeps its login while its relay is mended or gets another key.
        """
        names = self._names(spec.name)
        async with self._turns[spec.name]:
            return await self._engine.ask(self._start, spec, names)

    def _start(self, spec: GatewaySpec, names: Names) -> Endpoint:
        running = containers.find(self._engine.client, names)
        if running is not None and containers.runs(running) and containers.has_login(running, spec):
            self._ensure_relay(spec, names, running)
            return self._required_endpoint(running, names)
        self._stop(names)
        started = self._start_gateway(spec, names)
        try:
            self._ensure_relay(spec, names, started)
        except BaseException:
            self._stop(names)
            raise
        return self._required_endpoint(started, names)

    def _start_gateway(self, spec: GatewaySpec, names: Names) -> Container:
        self._masks[names.gateway] = Mask(spec.password)
        folder = self._logins.write(names.gateway, spec.password)
        try:
            return containers.start(self._engine.client, spec, names, self._settings, folder)
        except BaseException:
            self._logins.forget(names.gateway)
            raise

    def _ensure_relay(self, spec: GatewaySpec, names: Names, gateway: Container) -> None:
        if spec.relay_key is not None:
            upstream = containers.endpoint(gateway, names)
            self._relays.ensure(self._engine.client, names, spec.relay_key, gateway=upstream)

    def _endpoint(self, gateway: Container, names: Names) -> Endpoint | None:
        """At its relay, when it has one; None when that has ended."""
        own, relay = containers.endpoint(gateway, names), relays.find(self._engine.client, names)
        return own if relay is None else self._relays.endpoint(relay, own, names)

    def _required_endpoint(self, gateway: Container, names: Names) -> Endpoint:
        endpoint = self._endpoint(gateway, names)
        if endpoint is None:
            raise GatewayError("The gateway's relay has ended. A start with the gateway's key mends it.")
        return endpoint

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float, tell: Tell = tell_nobody) -> None:
        """Returns once it says that it is logged in, and its port answers. `deadline` is in seconds from now.

        A refused login ends the gateway.
        """
        wait = LoginWait(self._engine, self._settings.fleet, self._logins, endpoint.gateway_id)
        await wait.until_in(deadline, tell)

    async def find(self, name: str) -> Endpoint | None:
        """None for a gateway whose relay has ended, too: it can't be reached until the next start mends it."""
        return await self._engine.ask(self._find, self._names(name))

    def _find(self, names: Names) -> Endpoint | None:
        container = containers.find(self._engine.client, names)
        if container is None or not containers.runs(container):
            return None
        return self._endpoint(container, names)

    async def stop(self, name: str) -> None:
        """Its settings stay, for the next start."""
        names = self._names(name)
        async with self._turns[name]:
            await self._engine.ask(self._stop, names)

    def _stop(self, names: Names) -> None:
        containers.stop(self._engine.client, names)
        self._logins.forget(names.gateway)
        self._relays.forget_key(names)
        self._masks.pop(names.gateway, None)

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """None once it was stopped."""
        return await self._engine.ask(self._logs, self._names(name), lines)

    def _logs(self, names: Names, lines: int) -> list[str]:
        container = containers.find(self._engine.client, names)
        if container is None:
            return []
        return masked(containers.log_lines(container, lines=lines), self._masks_of(container, names))

    def _masks_of(self, container: Container, names: Names) -> list[Mask]:
        password = self._masks.get(names.gateway) or Mask(self._logins.read(names.gateway) or "")
        return [password, Mask(containers.username(container))]

    async def sweep(
        self, *, wanted: Collection[str], known: Collection[str], older_than: float = OLD_ENOUGH
    ) -> list[str]:
        return await self._engine.ask(self._sweep, frozenset(wanted), frozenset(known), older_than)

    def _sweep(self, wanted: frozenset[str], known: frozenset[str], older_than: float) -> list[str]:
        fleet = self._settings.fleet
        swept = sweep(self._engine.client, fleet, wanted=wanted, known=known, older_than=older_than)
        for name in swept:
            self._logins.forget(name)
            self._relays.forget_key(self._names(name))
        strays = self._logins.forget_strays(owners=owners(self._engine.client, fleet), older_than=older_than)
        return sorted({*swept, *strays})

    def _names(self, name: str) -> Names:
        return Names(self._settings.fleet, name)
