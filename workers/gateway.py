"""One account's gateway: found again or started, and logged in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from brokers.domain import SessionState, TradingMode
from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec
from webapp.accounts.models import BrokerAccount
from workers.relay_key import key_of
from workers.unsealing import Opener
from workers.workplace import Workplace

# Seconds. A login may wait for a person's second factor, whose prompt lasts 180 at the broker.
START_DEADLINE = 60.0
LOGIN_DEADLINE = 200.0
STOP_DEADLINE = 15.0

STARTING = "Starting the gateway."
LOGGING_IN = "The gateway is logging in to the broker."
FOUND = "The gateway still runs. Connecting to it."

T = TypeVar("T")
Say = Callable[[SessionState, str, str], Awaitable[None]]


class AccountGateway:
    """`say(state, reason, gateway_id)` tells the account's owner how far it is."""

    def __init__(self, account_id: UUID, workplace: Workplace, *, say: Say) -> None:
        self.name = gateway_name(account_id)
        self._account_id = account_id
        self._workplace = workplace
        self._runtime = workplace.runtime
        self._say = say

    async def up(self) -> Endpoint:
        """A gateway that is logged in. Raises GatewayLoginFailed, GatewayError and UnsealingFailed.

        One that runs with this login already is taken as it is: a restart would be one more login, and maybe a second
        factor.
        """
        found = await _in_time(self._runtime.find(self.name), START_DEADLINE, "answer")
        if found is None:
            await self._say(SessionState.STARTING, STARTING, "")
        spec = await self._workplace.database.call(_spec, self._account_id, self._workplace.opener)
        endpoint = _fenced(await _in_time(self._runtime.start(spec), START_DEADLINE, "start"))
        await self._say(SessionState.LOGGING_IN, FOUND if endpoint == found else LOGGING_IN, endpoint.gateway_id)
        await self._runtime.wait_logged_in(endpoint, deadline=LOGIN_DEADLINE)
        return endpoint

    async def stop(self) -> None:
        """Raises GatewayError."""
        await _in_time(self._runtime.stop(self.name), STOP_DEADLINE, "stop")


def gateway_name(account_id: UUID) -> str:
    """By which a runtime finds it again, on this worker or the next."""
    return f"account-{account_id}"


def _spec(account_id: UUID, opener: Opener) -> GatewaySpec:
    mode = TradingMode(BrokerAccount.objects.values_list("trading_mode", flat=True).get(pk=account_id))
    login = opener.login_of(account_id)
    return GatewaySpec(
        name=gateway_name(account_id),
        trading_mode=mode,
        username=login.username,
        password=login.password,
        relay_key=key_of(gateway_name(account_id)),
    )


def _fenced(endpoint: Endpoint) -> Endpoint:
    """Without a relay an owner that was stopped could wake up and write on. Raises GatewayError."""
    if not endpoint.behind_relay:
        raise GatewayError("The gateway was started without its relay, so this worker doesn't connect to it.")
    return endpoint


async def _in_time(doing: Awaitable[T], deadline: float, verb: str) -> T:
    try:
        async with asyncio.timeout(deadline):
            return await doing
    except TimeoutError:
        raise GatewayError(f"The gateway did not {verb} within {deadline:g} seconds.") from None
