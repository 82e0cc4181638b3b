"""A Redis of a test's own, to take away, freeze and bring back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from channels.layers import channel_layers

from deploy.local import services
from webapp.bus import tasks
from webapp.bus.redis import client


class RedisServer:
    """Starts empty each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "run").mkdir(parents=True)
        (folder / "log").mkdir()
        self.start()

    def start(self) -> None:
        self._child, self.url = services.start_redis(self._folder, durable=False)

    def stop(self) -> None:
        self._child.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It still accepts connections and answers nothing, as behind a broken network."""
        self._child.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._child.process.send_signal(signal.SIGCONT)

    def subscribers(self, channel: str) -> int:
        with redis.Redis.from_url(self.url) as client:
            return int(client.pubsub_numsub(channel)[0][1])


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """Everything of this test goes to it: the bus, Celery and the channel layer."""
    server = RedisServer(tmp_path)
    settings.REDIS_URL = server.url
    layer = {"BACKEND": "webapp.bus.layer.ChannelLayer", "CONFIG": {"hosts": [server.url]}}
    monkeypatch.setattr(channel_layers, "backends", {})
    monkeypatch.setattr(type(channel_layers), "configs", {"default": layer})
    forget_connections()
    yield server
    server.thaw()
    forget_connections()
    server.stop()


def forget_connections() -> None:
    client().close()
    client.cache_clear()
    tasks._sender().close()
    tasks._sender.cache_clear()
