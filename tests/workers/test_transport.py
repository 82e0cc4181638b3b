"""A worker's connection to its broker when Redis goes away while a task runs."""

from __future__ import annotations

import kombu.transport
import pytest
from kombu import Connection
from kombu.common import ignore_errors

from tests.webapp.bus.redis_server import RedisServer
from tests.webapp.bus.redis_server import own_redis as own_redis
from webapp.bus.redis import celery_url
from workers import transport


@pytest.fixture(autouse=True)
def kombus_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test has chosen and loaded is forgotten, and what this one chooses is, too."""
    monkeypatch.setitem(kombu.transport.TRANSPORT_ALIASES, "redis", "kombu.transport.redis:Transport")
    monkeypatch.setattr(kombu.transport, "_transport_cache", {})


def lose_the_broker(server: RedisServer) -> None:
    """Celery forgets its connection, then closes it, while a message is delivered and not acknowledged."""
    connection = Connection(celery_url())
    connection.SimpleQueue("tasks").put({"task": 1})
    while connection.default_channel.basic_get("tasks") is None:
        pass
    server.stop()
    connection.transport.client = None
    ignore_errors(connection, connection.close)


def test_a_lost_broker_is_passed_over_while_a_task_runs(own_redis: RedisServer) -> None:
    transport.use()
    lose_the_broker(own_redis)


def test_kombu_alone_still_ends_the_worker_then(own_redis: RedisServer) -> None:
    """Once this fails, `workers.transport` has become unnecessary."""
    with pytest.raises(AttributeError, match="hostname"):
        lose_the_broker(own_redis)
