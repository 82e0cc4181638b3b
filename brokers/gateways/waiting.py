"""Waiting for a login, the way every runtime does: look, tell what is news, and give a person the broker's own time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from brokers.gateways.base import (
    GatewayError,
    LoggingIn,
    LoginEnded,
    LoginWord,
    SecondFactorAsked,
    SecondFactorMissed,
    SecondFactorUnanswered,
    Tell,
)

# The words since the gateway was last logged in, oldest first; None once it is logged in. Raises its end.
Look = Callable[[], Awaitable[Sequence[LoginWord] | None]]

_WAITED_FOR: dict[type[object], str] = {
    SecondFactorAsked: "a person has to confirm it on a phone",
    SecondFactorUnanswered: "nobody confirmed its second factor",
    LoggingIn: "its second factor was confirmed",
}


async def until_logged_in(look: Look, *, every: float, deadline: float, tell: Tell) -> None:
    """As GatewayRuntime.wait_logged_in, looking again after `every` seconds."""
    told: list[LoginWord] = []
    try:
        async with asyncio.timeout(deadline) as limit:
            while (words := await look()) is not None:
                for word in words[len(told) :]:
                    told.append(word)
                    limit.reschedule(_later(word, deadline))
                    await tell(word)
                await asyncio.sleep(every)
    except TimeoutError:
        if not limit.expired():
            raise
        raise _given_up(told, deadline) from None


def _later(word: LoginWord, deadline: float) -> float:
    """Each word is a sign of life. By the loop's clock."""
    waits = (word.until - datetime.now(UTC)).total_seconds() if isinstance(word, SecondFactorAsked) else 0.0
    return asyncio.get_running_loop().time() + max(0.0, waits) + deadline


def _given_up(told: list[LoginWord], deadline: float) -> GatewayError:
    if told and isinstance(told[-1], LoginEnded):
        return SecondFactorMissed("The broker ended this login, and nobody has logged in again.")
    waited_for = f": {_WAITED_FOR[type(told[-1])]}" if told else ""
    return GatewayError(f"The gateway did not log in within {deadline:g} s{waited_for}.")
