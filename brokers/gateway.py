"""A gateway that is started for a while and stopped again.

async with InteractiveBrokersGateway() as endpoint:
    ...  # an API at endpoint.host and endpoint.port, logged in with TWS_USERNAME and TWS_PASSWORD
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from brokers import credentials
from brokers.config import InteractiveBrokersGatewayConfig
from brokers.credentials import Credentials
from brokers.domain import TradingMode
from brokers.gateways.base import Endpoint, GatewayRuntime, GatewaySpec
from brokers.gateways.external import ExternalRuntime
from brokers.gateways.process import ProcessRuntime

log = logging.getLogger(__name__)


class InteractiveBrokersGateway:
    """Where it runs is its config's `runtime`.

    Its login comes from the environment variables that the config names (TWS_USERNAME and TWS_PASSWORD by default), and
    is read when the gateway is started; or it's given, as `login`. A gateway that somebody else runs needs none.
    """

    def __init__(
        self, config: InteractiveBrokersGatewayConfig | None = None, *, login: Credentials | None = None
    ) -> None:
        self._config = config or InteractiveBrokersGatewayConfig()
        self._login = login
        self._runtime: GatewayRuntime | None = None
        self._forgotten: Path | None = None  # the folder that goes with the gateway
        self._endpoint: Endpoint | None = None

    @property
    def endpoint(self) -> Endpoint | None:
        """None until it is logged in, and after it was stopped."""
        return self._endpoint

    async def start(self) -> Endpoint:
        """Returns once it is logged in; at once when it's already there.

        Raises CredentialMissing with the name of the variable, GatewayLoginFailed when IB refuses the login, which is
        never tried again by itself, or GatewayError.
        """
        runtime = self._runtime = self._runtime or self._place()
        try:
            endpoint = await runtime.start(self._spec(runtime))
            await runtime.wait_logged_in(endpoint, deadline=self._config.login_deadline)
        except BaseException:
            await self.stop()
            raise
        self._endpoint = endpoint
        return endpoint

    async def stop(self) -> None:
        """Nothing happens when it doesn't run."""
        self._endpoint = None
        if self._runtime is not None:
            await self._runtime.stop(self._config.name)
        if self._forgotten is not None:
            await asyncio.to_thread(shutil.rmtree, self._forgotten, ignore_errors=True)
        self._runtime = self._forgotten = None

    async def logs(self, *, lines: int = 200) -> list[str]:
        """Its newest log lines, oldest first, with secrets masked; none when it doesn't run."""
        return await self._runtime.logs(self._config.name, lines=lines) if self._runtime is not None else []

    async def __aenter__(self) -> Endpoint:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _place(self) -> GatewayRuntime:
        if not isinstance(self._config.runtime, str):
            return self._config.runtime
        if self._config.folder is not None:
            return ProcessRuntime(self._config.folder)
        self._forgotten = Path(tempfile.mkdtemp(prefix="ib-gateway-"))
        return ProcessRuntime(self._forgotten, ends_with_us=True)  # nobody would find it there again

    def _spec(self, runtime: GatewayRuntime) -> GatewaySpec:
        login = self._login
        if login is None and isinstance(runtime, ExternalRuntime):
            login = Credentials(username="", password="")
        login = login or credentials.from_environment(
            username=self._config.username or credentials.USERNAME,
            password=self._config.password or credentials.PASSWORD,
        )
        return GatewaySpec(
            name=self._config.name,
            trading_mode=self._config.trading_mode or TradingMode.PAPER,
            username=login.username,
            password=login.password,
            read_only=self._config.read_only_api,
        )
