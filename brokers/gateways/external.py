"""A gateway that somebody else runs and has logged in: TWS on a desk, or a container under another's care."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec, Tell, tell_nobody


class ExternalRuntime:
    """A GatewayRuntime that starts and stops nothing. One gateway has one login, so it serves one account.

    It has no relay: whoever runs the gateway says who reaches it, and a fence beside an open port would hold nobody.
    """

    def __init__(self, *, host: str, port: int) -> None:
        self._endpoint = Endpoint(host=host, port=port, gateway_id=f"external {host}:{port}")

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """The configured endpoint; the spec's login is not used."""
        del spec
        return self._endpoint

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float, tell: Tell = tell_nobody) -> None:
        """Returns once its port accepts a connection. `deadline` is in seconds from now; there is nothing to tell."""
        del tell
        try:
            async with asyncio.timeout(deadline):
                _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        except (OSError, TimeoutError) as error:
            raise GatewayError(f"Nothing answers at {endpoint.host}:{endpoint.port} within {deadline:g} s.") from error
        writer.close()

    async def find(self, name: str) -> Endpoint | None:
        del name
        return self._endpoint

    async def stop(self, name: str) -> None:
        """Nothing: whoever started it stops it."""

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """None: they are with whoever runs it."""
        del name, lines
        return []

    async def sweep(self, *, wanted: Collection[str], known: Collection[str], older_than: float) -> list[str]:
        """None: what was started here is nothing."""
        del wanted, known, older_than
        return []
