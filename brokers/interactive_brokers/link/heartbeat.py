"""A gateway that hangs keeps its socket open, so silence is the only sign of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from brokers.interactive_brokers.link.session import Session
from brokers.refusals import LinkLost, NoAnswer, RequestRefused

log = logging.getLogger(__name__)


async def until_silent(
    session: Session, *, every: float, may_be_silent: Callable[[], bool], ask_time: Callable[[], Awaitable[datetime]]
) -> str:
    """Returns why the gateway counts as lost. One that has been silent for `every` seconds is asked for the time.

    While `may_be_silent`, it isn't asked.
    """
    pause = every
    while True:
        await asyncio.sleep(pause)
        pause = every
        if may_be_silent():
            continue
        silence = session.silent_for()
        if 0 < silence < every:
            pause -= silence  # looks again as soon as the silence is long enough, not a whole round later
        elif (reason := await _no_sign_of_life(session, ask_time)) is not None:
            return reason


async def _no_sign_of_life(session: Session, ask_time: Callable[[], Awaitable[datetime]]) -> str | None:
    """Why the gateway counts as lost, or None.

    Whatever it says meanwhile shows that it lives. The time itself can be late: behind a burst of its own words, or of
    ours that wait for the budget.
    """
    heard = session.last_heard
    try:
        await ask_time()
    except NoAnswer as error:
        return str(error) if session.last_heard == heard else None
    except LinkLost as error:
        return str(error)
    except RequestRefused as error:
        log.info("the gateway answered the heartbeat with a refusal: %s", error)
    return None
