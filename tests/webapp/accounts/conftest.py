from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.bus import keys
from webapp.bus.redis import client

LOGIN = {"username": "alice-at-broker", "password": "correct horse battery"}


@pytest.fixture
def charlie(db: None) -> User:
    """An administrator: sees every page of the admin, and owns no account."""
    return User.objects.create_superuser(username="charlie", password="charlie-password")


@pytest.fixture
def hold() -> Callable[..., GatewaySession]:
    """Lets a worker hold an account's session, as its lease would; `seconds` below zero is one that has run out."""

    def hold_session(account: BrokerAccount, *, seconds: float = 60, **columns: Any) -> GatewaySession:
        until = timezone.now() + timedelta(seconds=seconds)
        columns = {"owner": "worker-1", "fence": 7, "lease_expires_at": until, **columns}
        GatewaySession.objects.filter(account=account).update(**columns)
        return GatewaySession.objects.get(account=account)

    return hold_session


@pytest.fixture
def rings(account: BrokerAccount) -> Iterator[Callable[[], list[str]]]:
    """The accounts whose doorbell has rung, as far as the bell that this fixture rings itself."""
    with client().pubsub() as pubsub:
        pubsub.subscribe(keys.DOORBELL)
        assert next_message(pubsub)["type"] == "subscribe"

        def heard() -> list[str]:
            client().publish(keys.DOORBELL, json.dumps({"account": "the end"}))
            accounts = iter(lambda: str(json.loads(next_message(pubsub)["data"])["account"]), "the end")
            return list(accounts)

        yield heard


def next_message(pubsub: Any) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        message = pubsub.get_message(timeout=1)
        if message is not None:
            return dict(message)
    pytest.fail("Redis said nothing for 10 seconds")


@pytest.fixture
def tasks_sent() -> Callable[[], list[tuple[str, list[Any]]]]:
    """(name, arguments) of every Celery task that waits in Redis, oldest first."""

    def waiting() -> list[tuple[str, list[Any]]]:
        messages = [json.loads(text) for text in client().lrange("celery", 0, -1)]
        return [(m["headers"]["task"], json.loads(base64.b64decode(m["body"]))[0]) for m in reversed(messages)]

    return waiting
