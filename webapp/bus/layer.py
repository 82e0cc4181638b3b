"""Django Channels' Redis layer on connections of ours."""

from __future__ import annotations

from channels_redis.core import RedisChannelLayer
from redis.asyncio.connection import ConnectionPool

from webapp.bus.redis import CONNECT_SECONDS, SOCKET_SECONDS, async_pool


class ChannelLayer(RedisChannelLayer):  # type: ignore[misc]  # channels_redis has no types
    """`hosts` are addresses.

    The layer's blocking read lasts `brpop_timeout`, 5 s, which is redis-py's default deadline too: with both equal,
    every socket that is quiet for 5 s would end.
    """

    def create_pool(self, index: int) -> ConnectionPool:
        return async_pool(
            self.hosts[index]["address"],
            socket_timeout=self.brpop_timeout + SOCKET_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
        )
