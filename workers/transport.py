"""kombu's Redis transport, but for one fault of it that ends a worker when Redis goes away.

When the broker is lost, Celery forgets its connection and then closes it. A channel that still holds a message which
isn't acknowledged (a task was running) then wants Redis's address from the connection that was forgotten: an
AttributeError, which nobody expects, where a ConnectionError would have been passed over. A worker holds people's
sessions, and must not end with Redis.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection.client is None:
            raise RedisConnectionError("The connection to the broker was given up.")
        parameters: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]  # its stubs leave it out
        return parameters


class Transport(redis.Transport):
    Channel = Channel


def use() -> None:
    """For every broker address that names Redis, in this process."""
    TRANSPORT_ALIASES["redis"] = f"{__name__}:Transport"
