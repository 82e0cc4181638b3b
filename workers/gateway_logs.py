"""What a gateway logged, for its owner and for administrators: read where it runs, with the login masked."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from brokers.gateways.base import GatewayError
from brokers.gateways.masks import Mask, masked
from workers import supervision
from workers.asked import CannotAnswer
from workers.gateway import gateway_name
from workers.questions import in_time, reply
from workers.unsealing import Opener, UnsealingFailed
from workers.workplace import Workplace

log = logging.getLogger(__name__)

QUESTION = "log"
MOST_LINES = 500


async def answer(message: dict[str, Any], workplace: Workplace, *, is_held_here: bool) -> None:
    """Never raises. A session that nobody holds may have left its log with any worker: whoever has it answers."""
    try:
        account_id = UUID(str(message["account"]))
        if not is_held_here and not await workplace.database.call(supervision.is_free, account_id):
            return
        lines = await in_time(_read(account_id, message["body"], workplace))
    except CannotAnswer as refusal:
        if is_held_here:
            await reply(workplace.redis, message, refused=str(refusal))
    except Exception:
        log.exception("account %s: its gateway's log could not be read", message["account"])
    else:
        if lines or is_held_here:
            await reply(workplace.redis, message, body={"lines": lines})


async def _read(account_id: UUID, body: dict[str, Any], workplace: Workplace) -> list[str]:
    wanted = min(MOST_LINES, max(1, int(body["lines"])))
    try:
        lines = await workplace.runtime.logs(gateway_name(account_id), lines=wanted)
    except GatewayError as error:
        raise CannotAnswer(str(error)) from error
    return await workplace.database.call(_masked, lines, account_id, workplace.opener)


def _masked(lines: list[str], account_id: UUID, opener: Opener) -> list[str]:
    """The runtime masks what it knows; this masks the login as it is stored now. What can't be masked isn't shown."""
    if not lines:
        return []
    try:
        login = opener.login_of(account_id)
    except UnsealingFailed as fault:
        raise CannotAnswer(f"The log isn't shown, since the login in it can't be masked. {fault}") from fault
    return masked(lines, [Mask(login.password), Mask(login.username)])
