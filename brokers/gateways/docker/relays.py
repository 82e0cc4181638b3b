"""The relay's container beside a gateway's: the fence at its socket, and for other containers the only way in.

All of this blocks: it is for the engine's threads.
"""

from __future__ import annotations

import logging
import time

from docker import DockerClient
from docker.models.containers import Container

from brokers.gateways.base import Endpoint, GatewayError
from brokers.gateways.docker import containers, relay_plan, volumes
from brokers.gateways.docker.logins import Logins
from brokers.gateways.docker.names import PORT, RELAY, RELAY_ROLE, Names
from brokers.gateways.docker.settings import ContainerSettings

log = logging.getLogger(__name__)

# Seconds; a busy machine takes its time to start a container.
START_DEADLINE = 30.0
_LOOK_EVERY = 0.05
_LOG_LINES = 20


class Relays:
    def __init__(self, settings: ContainerSettings, logins: Logins) -> None:
        self._settings = settings
        self._logins = logins

    def ensure(self, client: DockerClient, names: Names, key: bytes, *, gateway: Endpoint) -> None:
        """Returns once one listens that knows this key and leads there. Raises GatewayError, and leaves none then.

        A gateway keeps its login while its relay is started anew.
        """
        upstream = f"{gateway.host}:{gateway.port}"
        mark = relay_plan.mark(key, upstream=upstream, settings=self._settings)
        running = find(client, names)
        if running is not None and containers.runs(running) and running.labels.get(RELAY) == mark:
            return
        if running is not None:
            running.remove(force=True)
        try:
            self._start(client, names, key, upstream=upstream, mark=mark)
        except BaseException:
            self.forget_key(names)
            raise

    def endpoint(self, relay: Container, gateway: Endpoint, names: Names) -> Endpoint | None:
        """By its address on the network that workers share with relays, or on the gateway's own for this host.

        None when it has ended, or isn't on that network.
        """
        network = self._settings.relay_network or names.on_engine
        attached = relay.attrs["NetworkSettings"]["Networks"].get(network)
        if attached is None or not containers.runs(relay):
            return None
        return Endpoint(attached["IPAddress"], int(relay.labels[PORT]), gateway.gateway_id, behind_relay=True)

    def forget_key(self, names: Names) -> None:
        self._logins.forget(names.relay)

    def _start(self, client: DockerClient, names: Names, key: bytes, *, upstream: str, mark: str) -> None:
        """What fails half-way leaves no container."""
        folder = self._logins.write(names.relay, f"{key.hex()}\n", file_name=relay_plan.KEY_FILE)
        volumes.ensure(client, names, names.relay_on_engine)
        plan = relay_plan.container(names, self._settings, key_folder=folder, upstream=upstream, mark=mark)
        relay = client.containers.create(**plan)
        try:
            volumes.give_folder(relay, relay_plan.MEMORY_PATH, relay_plan.USER)
            if self._settings.relay_network is not None:
                client.networks.get(self._settings.relay_network).connect(relay)
            relay.start()
            _wait_until_it_listens(relay)
        except BaseException:
            relay.remove(force=True)
            raise


def find(client: DockerClient, names: Names) -> Container | None:
    """The relay's container, running or not. Raises GatewayError for a stranger under its name."""
    return containers.find_named(client, names.relay_on_engine, names, role=RELAY_ROLE)


def _wait_until_it_listens(relay: Container) -> None:
    patience_ends = time.monotonic() + START_DEADLINE
    while not any(line.startswith("listening on ") for line in _log_lines(relay)):
        relay.reload()
        if not containers.runs(relay):
            log.error("%s: %s", relay.name, " ".join(_log_lines(relay)[-1:]))
            raise GatewayError("The gateway's relay ended at its start. The keeper's log says why.")
        if time.monotonic() > patience_ends:
            raise GatewayError(f"The gateway's relay did not listen within {START_DEADLINE:g} s.")
        time.sleep(_LOOK_EVERY)


def _log_lines(relay: Container) -> list[str]:
    return containers.log_lines(relay, lines=_LOG_LINES)
