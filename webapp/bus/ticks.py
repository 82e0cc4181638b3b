"""When an account's newest quote came, read from what its browsers are shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import redis

from webapp.bus import keys
from webapp.bus.redis import client

logger = logging.getLogger(__name__)


def newest(account_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """The time of each account's newest quote, UTC. One without any is left out, and all are while Redis is away."""
    if not account_ids:
        return {}
    with client().pipeline(transaction=False) as pipeline:
        for account_id in account_ids:
            pipeline.hgetall(keys.snapshot(account_id))
        try:
            snapshots = pipeline.execute()
        except redis.RedisError as error:
            logger.warning("how old the newest quotes are isn't known: %s", error)
            return {}
    found = zip(account_ids, map(_newest_of, snapshots), strict=True)
    return {account_id: at for account_id, at in found if at is not None}


def _newest_of(snapshot: dict[str, str]) -> datetime | None:
    """Under a con_id stands a quote; what else is in a snapshot tells no tick."""
    quotes = (encoded for key, encoded in snapshot.items() if key.lstrip("-").isdigit())
    return max(_times(quotes), default=None)


def _times(quotes: Iterable[str]) -> Iterable[datetime]:
    return (datetime.fromisoformat(json.loads(encoded)["at"]) for encoded in quotes)
