"""How many requests a token may make in a minute, counted in Redis for all web processes together.

Cancels are counted by themselves: a program that has used up everything else can still cancel.

While Redis is away nothing is counted and every request passes, without the headers. Orders and cancels are rows and
go on without Redis; refusing a cancel because nobody can count would be the worse of the two mistakes. Each process
then asks Redis again only every few seconds, so that requests don't wait for it one by one.

The headers are `RateLimit` and `RateLimit-Policy` of the IETF's draft (draft-ietf-httpapi-ratelimit-headers), and not
the older `X-RateLimit-*`: the draft's have names for several lanes, and its seconds need no clock in common, while
what `X-RateLimit-Reset` holds differs from one API to the next.
"""

from __future__ import annotations

import functools
import logging
import math
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.http import HttpResponse
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

log = logging.getLogger(__name__)

SECONDS = 60
# Of a request's time; a count isn't worth more.
REDIS_SECONDS = 0.5
ASK_AGAIN_AFTER = 5.0

REQUESTS, CANCELS = "requests", "cancels"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a lane has `left` of its `quota`; in `seconds` all of it is back. `is_spent` refuses the request."""

    lane: str
    quota: int
    left: int
    seconds: int
    is_spent: bool

    def tell(self, response: HttpResponse) -> None:
        response["RateLimit-Policy"] = f'"{self.lane}";q={self.quota};w={SECONDS}'
        response["RateLimit"] = f'"{self.lane}";r={self.left};t={self.seconds}'
        if self.is_spent:
            response["Retry-After"] = str(self.seconds)


class AllowanceSpent(Exception):
    """The token has made as many requests as it may."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"This token has made its {allowance.quota} {allowance.lane} of this minute. Nothing was done. "
            f"Ask again in {allowance.seconds} s."
        )


def spend(token_id: int, lane: str) -> Allowance | None:
    """Count one request. None while nobody can count."""
    return _counter().spend(token_id, lane)


class _Counter:
    def __init__(self) -> None:
        # Not `bus.redis.client`: its deadline is longer than a count may take.
        pool = redis.ConnectionPool.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, protocol=2
        )
        storage = RedisStorage("redis://", connection_pool=pool, key_prefix="gatehouse:allowance")
        self._limiter = FixedWindowRateLimiter(storage)
        self._away_until = 0.0

    def spend(self, token_id: int, lane: str) -> Allowance | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            return self._counted(str(token_id), lane)
        except redis.RedisError as error:
            log.warning("requests aren't counted for %g s: %s", ASK_AGAIN_AFTER, error)
            self._away_until = time.monotonic() + ASK_AGAIN_AFTER
            return None

    def _counted(self, token: str, lane: str) -> Allowance:
        quota = RateLimitItemPerMinute(settings.API_REQUESTS_PER_MINUTE)
        is_within = self._limiter.hit(quota, token, lane)
        window = self._limiter.get_window_stats(quota, token, lane)
        seconds = min(SECONDS, max(1, math.ceil(window.reset_time - time.time())))
        return Allowance(lane, quota.amount, max(0, int(window.remaining)), seconds, is_spent=not is_within)


@functools.cache
def _counter() -> _Counter:
    return _Counter()
