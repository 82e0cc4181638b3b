"""Tells open browsers of a numbered event. Few and small, so they go through the channel layer; quotes never do."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

import redis
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from webapp.bus import keys

logger = logging.getLogger(__name__)

_SECONDS = 2.0


def event(account_id: UUID, event_dict: dict[str, Any]) -> bool:
    """Send to the browsers that have the account open; the dict is JSON and carries its `number`.

    Never raises for Redis: the row is the truth, and a browser that sees a number skipped fetches it. False, after a
    line in the log, when it wasn't sent.
    """
    try:
        async_to_sync(_send)(account_id, event_dict)
    except (redis.RedisError, ChannelFull, OSError, TimeoutError) as error:
        what = f"event {event_dict.get('number')} of account {account_id}"
        logger.warning("%s wasn't announced, browsers will fetch it: %s %s", what, type(error).__name__, error)
        return False
    return True


async def _send(account_id: UUID, event_dict: dict[str, Any]) -> None:
    message = {"type": "account.event", "event": event_dict}
    async with asyncio.timeout(_SECONDS):
        await get_channel_layer().group_send(keys.account_group(account_id), message)
