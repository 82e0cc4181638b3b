from __future__ import annotations

import subprocess
import sys
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from tests.webapp.live.browser import cookie_of
from webapp.asgi import application

LOADED = """
import sys
import webapp.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted({name.partition(".")[0] for name in sys.modules} | {n for n in sys.modules if n.startswith("brokers")}))
"""


def test_the_web_process_loads_nothing_that_talks_to_a_broker() -> None:
    result = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True, timeout=60)
    loaded = set(result.stdout.split())
    assert {"webapp", "django", "channels", "brokers.domain"} <= loaded
    assert not loaded & {"ib_insync", "eventkit", "docker", "workers"}
    # Words alone: the domain's, those of a filter, and of what is wrong with one.
    words = {"domain", "filter_values", "filters", "nearest", "refusals"}
    assert {name.split(".")[1] for name in loaded if name.startswith("brokers.")} == words


@pytest.mark.usefixtures("closed_database")
async def test_a_server_that_cant_answer_http_closes_with_4404_before_opening(account: Any, bob: Any) -> None:
    bobs = await sync_to_async(cookie_of)(bob)
    for path, headers in (
        (f"/ws/accounts/{account.pk}/", bobs),
        (f"/ws/accounts/{account.pk}/", {}),
        (f"/ws/accounts/{uuid.uuid4()}/", bobs),
        ("/ws/elsewhere/", bobs),
    ):
        assert await first_answer(path, headers) == {"type": "websocket.close", "code": 4404}


async def first_answer(path: str, headers: dict[str, str]) -> dict[str, Any]:
    raw = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    raw += [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    socket = ApplicationCommunicator(application, {"type": "websocket", "path": path, "headers": raw})
    await socket.send_input({"type": "websocket.connect"})
    answer: dict[str, Any] = await socket.receive_output(timeout=10)
    await socket.send_input({"type": "websocket.disconnect", "code": 1006})
    await socket.wait(timeout=10)
    return answer
