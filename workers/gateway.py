"""One account's gateway: found again or started, and logged in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from brokers.domain import SessionState, TradingMode
from brokers.gateways.base import (
    Endpoint,
    GatewayError,
    GatewaySpec,
    LoggingIn,
    LoginEnded,
    LoginWord,
    SecondFactorAsked,
    SecondFactorMissed,
    SecondFactorUnanswered,
)
from webapp.accounts import outages
from webapp.accounts.models import BrokerAccount
from webapp.accounts.sessions import SecondFactor
from workers.relay_key import key_of
from workers.unsealing import Opener
from workers.workplace import Workplace

# Seconds. A login's is counted from its last word; what a person is asked for has the broker's own time.
START_DEADLINE = 60.0
LOGIN_DEADLINE = 200.0
STOP_DEADLINE = 15.0

STARTING = "Starting the gateway."
LOGGING_IN = "The gateway is logging in to the broker."
FOUND = "The gateway still runs. Connecting to it."
CONFIRMED = "The second factor was confirmed. The gateway is logging in to the broker."
WEEKLY_END = "Interactive Brokers ends every login on Sunday at 01:00 in New York, so a person has to log in again."
PHONE_AT_HAND = "Press Try again when you have your phone at hand."

T = TypeVar("T")


class Say(Protocol):
    """Tells the account's owner how far it is, or raises LeaseLost."""

    async def __call__(
        self,
        state: SessionState,
        reason: str,
        *,
        gateway_id: str | None = None,
        second_factor: SecondFactor | None = None,
    ) -> None: ...


class AccountGateway:
    """Finds or starts it, and passes on what its login says."""

    def __init__(self, account_id: UUID, workplace: Workplace, *, say: Say) -> None:
        self.name = gateway_name(account_id)
        self._account_id = account_id
        self._workplace = workplace
        self._runtime = workplace.runtime
        self._say = say
        self._weekly = ""  # what the weekly end of all logins has to do with this one

    async def up(self) -> Endpoint:
        """A gateway that is logged in. Raises GatewayLoginFailed, SecondFactorMissed, GatewayError and UnsealingFailed.

        One that runs with this login already is taken as it is: a restart would be one more login, and maybe a second
        factor.
        """
        found = await _in_time(self._runtime.find(self.name), START_DEADLINE, "answer")
        if found is None:
            await self._say(SessionState.STARTING, STARTING, gateway_id="")
        needed = await self._workplace.database.call(_needed, self._account_id, self._workplace.opener)
        self._weekly = f" {WEEKLY_END}" if needed.weekly_login_ended else ""
        endpoint = _fenced(await _in_time(self._runtime.start(needed.spec), START_DEADLINE, "start"))
        said = FOUND if endpoint == found else LOGGING_IN
        await self._say(SessionState.LOGGING_IN, said, gateway_id=endpoint.gateway_id)
        await self._wait_logged_in(endpoint)
        return endpoint

    async def _wait_logged_in(self, endpoint: Endpoint) -> None:
        try:
            await self._runtime.wait_logged_in(endpoint, deadline=LOGIN_DEADLINE, tell=self._tell)
        except SecondFactorMissed as missed:
            raise SecondFactorMissed(f"{missed}{self._weekly} {PHONE_AT_HAND}") from missed

    async def _tell(self, word: LoginWord) -> None:
        match word:
            case SecondFactorAsked(attempt, attempts, until):
                asked = SecondFactor(attempt=attempt, attempts=attempts, until=until.isoformat())
                await self._say(
                    SessionState.TWO_FACTOR,
                    f"Interactive Brokers waits for your approval: attempt {attempt} of {attempts}.{self._weekly}",
                    second_factor=asked,
                )
            case SecondFactorUnanswered(attempt, attempts):
                await self._say(
                    SessionState.LOGGING_IN, f"Attempt {attempt} of {attempts} was not approved.{self._weekly}"
                )
            case LoginEnded():
                self._weekly = f" {WEEKLY_END}"
                await self._say(SessionState.AUTH_REQUIRED, WEEKLY_END)
            case LoggingIn():
                await self._say(SessionState.LOGGING_IN, CONFIRMED)

    async def stop(self) -> None:
        """Raises GatewayError."""
        await _in_time(self._runtime.stop(self.name), STOP_DEADLINE, "stop")


def gateway_name(account_id: UUID) -> str:
    """By which a runtime finds it again, on this worker or the next."""
    return f"account-{account_id}"


@dataclass(frozen=True, slots=True)
class _Needed:
    """What the rows know that a start needs."""

    spec: GatewaySpec
    weekly_login_ended: bool


def _needed(account_id: UUID, opener: Opener) -> _Needed:
    account = BrokerAccount.objects.select_related("session").get(pk=account_id)
    login = opener.login_of(account_id)
    spec = GatewaySpec(
        name=gateway_name(account_id),
        trading_mode=TradingMode(account.trading_mode),
        username=login.username,
        password=login.password,
        relay_key=key_of(gateway_name(account_id)),
    )
    return _Needed(spec, outages.weekly_login_ended(account.session, datetime.now(UTC)))


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
