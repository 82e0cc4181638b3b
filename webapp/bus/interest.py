"""Which instruments somebody looks at, so that workers subscribe to those and to nothing else.

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
    ring = json.dumps({"account": str(account_id)})
    wanted = [str(con_id) for con_id in con_ids]
    new: Any = await connection.eval(_WANT, 2, keys.interest(account_id), keys.DOORBELL, str(seconds), ring, *wanted)
    return int(new)


async def wanted(connection: redis.asyncio.Redis, account_id: UUID) -> set[int]:
    """The con_ids that somebody looks at now."""
    members: Any = await connection.eval(_WANTED, 1, keys.interest(account_id))
    return {int(member) for member in members}
