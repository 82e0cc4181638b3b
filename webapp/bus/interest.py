"""Which instruments and panes somebody looks at, so that workers subscribe to those and to nothing else.

Interest is a lease: the web renews it every 10 seconds while a browser shows the instrument, and it ends by itself.
Times are Redis's own, since web and workers may run on machines whose clocks differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import redis.asyncio

from webapp.bus import keys
from webapp.bus.panes import Pane

RENEW_SECONDS = 10.0

# Forget what expired, renew what is wanted, and ring when something is new.
_WANT = """
local now = tonumber(redis.call('TIME')[1])
local seconds = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local new = 0
for i = 3, #ARGV do
  new = new + redis.call('ZADD', KEYS[1], 'NX', now + seconds, ARGV[i])
  redis.call('ZADD', KEYS[1], 'GT', now + seconds, ARGV[i])
end
if #ARGV >= 3 then
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  redis.call('EXPIREAT', KEYS[1], tonumber(last[2]) + 1)
end
if new > 0 then
  redis.call('PUBLISH', KEYS[2], ARGV[2])
end
return new
"""

_WANTED = """
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. redis.call('TIME')[1], '+inf')
"""


async def want(connection: redis.asyncio.Redis, account_id: UUID, con_ids: Iterable[int], *, seconds: int = 30) -> int:
    """Renew the interest for `seconds`, and ring the doorbell when something is new; the number of new ones."""
    return await _want(connection, account_id, keys.interest(account_id), map(str, con_ids), seconds)


async def wanted(connection: redis.asyncio.Redis, account_id: UUID) -> set[int]:
    """The con_ids that somebody looks at now."""
    return {int(member) for member in await _wanted(connection, keys.interest(account_id))}


async def want_panes(
    connection: redis.asyncio.Redis, account_id: UUID, panes: Iterable[str], *, seconds: int = 30
) -> int:
    """As `want`, for panes by their keys."""
    return await _want(connection, account_id, keys.interest_in_panes(account_id), panes, seconds)


async def wanted_panes(connection: redis.asyncio.Redis, account_id: UUID) -> set[Pane]:
    """The panes that somebody looks at now. One of another version of ours isn't known here, and is nobody's."""
    return {pane for member in await _wanted(connection, keys.interest_in_panes(account_id)) if (pane := _pane(member))}


async def _want(
    connection: redis.asyncio.Redis, account_id: UUID, key: str, members: Iterable[str], seconds: int
) -> int:
    ring = json.dumps({"account": str(account_id)})
    new: Any = await connection.eval(_WANT, 2, key, keys.DOORBELL, str(seconds), ring, *members)
    return int(new)


async def _wanted(connection: redis.asyncio.Redis, key: str) -> list[str]:
    members: Any = await connection.eval(_WANTED, 1, key)
    return list(members)


def _pane(key: str) -> Pane | None:
    try:
        return Pane.parse(key)
    except ValueError:
        return None
