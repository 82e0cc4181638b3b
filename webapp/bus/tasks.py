"""Celery tasks by name. The web never imports the workers, and a task that wasn't sent is found by beat."""

from __future__ import annotations

import functools
import logging
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from webapp.bus.redis import CONNECT_SECONDS, celery_url

logger = logging.getLogger(__name__)

# A web request waits for this: two tries, each bounded by the socket's deadline.
_RETRY = {"max_retries": 1, "interval_start": 0.05, "interval_step": 0.1, "interval_max": 0.2}


@functools.cache
def _sender() -> Celery:
    app = Celery("gatehouse", broker=celery_url(), set_as_current=False)
    app.conf.update(
        broker_connection_timeout=CONNECT_SECONDS,
        broker_connection_retry=False,
        broker_transport_options={
            "socket_timeout": CONNECT_SECONDS,
            "socket_connect_timeout": CONNECT_SECONDS,
            "max_retries": 1,
        },
        task_ignore_result=True,
    )
    return app


def send(name: str, *args: Any) -> bool:
    """Ask a worker to run the task. Never raises for Redis: the row is the command, and beat will find it.

    Arguments are JSON. False, after a line in the log, when it wasn't sent.
    """
    try:
        _sender().send_task(name, args=args, retry=True, retry_policy=_RETRY, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.error("task %s%r wasn't sent, beat will find its row: %s", name, args, error)  # noqa: TRY400
        return False
    return True
