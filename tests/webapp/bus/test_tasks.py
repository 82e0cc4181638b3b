from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest

from tests.webapp.bus.redis_server import RedisServer
from webapp.bus import tasks
from webapp.bus.redis import client


def sent() -> list[dict[str, Any]]:
    return [json.loads(text) for text in client().lrange("celery", 0, -1)]


def test_a_task_waits_in_the_queue_that_workers_read(own_redis: RedisServer) -> None:
    assert tasks.send("workers.tasks.open_session", "7e2d")
    (message,) = sent()
    arguments, options, _ = json.loads(base64.b64decode(message["body"]))
    assert message["headers"]["task"] == "workers.tasks.open_session"
    assert (arguments, options) == (["7e2d"], {})
    assert message["headers"]["ignore_result"]


def test_without_redis_a_task_is_not_sent_and_the_log_says_so(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    assert not tasks.send("workers.tasks.open_session", "7e2d")
    assert caplog.records[-1].levelno == logging.ERROR
    assert "workers.tasks.open_session('7e2d',) wasn't sent" in caplog.text


def test_a_redis_that_answers_nothing_holds_nobody_up(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "CONNECT_SECONDS", 0.2)
    own_redis.freeze()
    assert not tasks.send("workers.tasks.open_session", "7e2d")


def test_sending_works_again_once_redis_is_back(own_redis: RedisServer) -> None:
    assert tasks.send("workers.tasks.open_session", "before")
    own_redis.restart()
    assert tasks.send("workers.tasks.open_session", "after")
    assert len(sent()) == 1
