from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.db import connections

from deploy.local.processes import became_true
from tests.webapp.bus.redis_server import RedisServer
from tests.webapp.bus.redis_server import own_redis as own_redis
from tests.webapp.live.browser import Browser, cookie_of, opened
from webapp.live.fanout import _fanouts


@dataclass(frozen=True, slots=True)
class Server:
    """A real web server in a thread of this process."""

    port: int

    def opened(self, path: str, headers: dict[str, str], **options: Any) -> AbstractContextManager[Browser]:
        return opened(self.port, path, headers, **options)

    def open_account(self, account: Any, **options: Any) -> AbstractContextManager[Browser]:
        """As its owner."""
        return self.opened(f"/ws/accounts/{account.pk}/", cookie_of(account.user), **options)

    def feeds(self) -> dict[Any, int]:
        """How many mailboxes its fan-out holds, by account: nothing once the last browser has left."""
        fanouts = list(_fanouts.values())
        return {
            account_id: len(feed.mailboxes) for fanout in fanouts for account_id, feed in list(fanout.feeds.items())
        }


@contextmanager
def serving() -> Iterator[Server]:
    from webapp.asgi import application

    # Not uvloop: it refuses to close a loop on which the channel layer has only begun to close its connections.
    options: dict[str, Any] = {"port": 0, "lifespan": "off", "loop": "asyncio", "ws_per_message_deflate": False}
    config = uvicorn.Config(application, log_config=None, **options)
    web = uvicorn.Server(config)
    thread = threading.Thread(target=web.run, name="web")
    thread.start()
    assert became_true(lambda: web.started, deadline=20, every=0.01)
    try:
        yield Server(port=web.servers[0].sockets[0].getsockname()[1])
    finally:
        web.should_exit = True
        thread.join(20)
        close_database_connections()
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(web: Server, transactional_db: None) -> Iterator[Server]:
    """Shared by all tests; each leaves it without a browser."""
    yield web
    assert became_true(lambda: not web.feeds(), deadline=10, every=0.01)


@pytest.fixture
def own_server(own_redis: RedisServer, transactional_db: None) -> Iterator[Server]:
    """One that knows no Redis but the test's own."""
    with serving() as server:
        yield server


@pytest.fixture
def closed_database(transactional_db: None) -> Iterator[None]:
    """For sockets that run in the test's own loop: the thread that reads for them has a connection of its own."""
    yield
    close_database_connections()


def close_database_connections() -> None:
    asyncio.run(sync_to_async(connections.close_all)())


@pytest.fixture
def alices_browser(server: Server, ready_account: Any) -> Iterator[Browser]:
    """alice looks at her own account; hello is heard."""
    with server.open_account(ready_account) as browser:
        browser.hear_type("hello")
        yield browser


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool]) -> None:
        assert became_true(condition, deadline=10, every=0.01)

    return wait
