"""A browser's end of a live socket, and the stream that workers would publish to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from webapp.accounts import events
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.bus import keys, quotes
from webapp.bus.redis import async_client, client

DEADLINE = 10.0

AAPL, EURUSD, OTHER = 265598, 12087792, 4711


class Browser:
    """Says and hears JSON; every wait ends after DEADLINE seconds."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=DEADLINE))
        return message

    def hear_type(self, wanted: str) -> dict[str, Any]:
        """The next message, which must be of this type."""
        message = self.hear()
        assert message["type"] == wanted, message
        return message

    def show(self, *con_ids: int) -> dict[str, Any]:
        """Puts instruments on screen; their snapshot."""
        self.say(type="subscribe", con_ids=list(con_ids))
        return self.hear_type("snapshot")

    def said_nothing_else(self) -> None:
        """A pong comes after everything that was due before it."""
        self.say(type="ping")
        self.hear_type("pong")


def cookie_of(user: Any) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


@contextmanager
def opened(port: int, path: str, headers: Mapping[str, str], **options: Any) -> Iterator[Browser]:
    address = f"ws://127.0.0.1:{port}{path}"
    origin: Any = f"http://127.0.0.1:{port}"
    options = {"origin": origin, "open_timeout": DEADLINE, "close_timeout": DEADLINE, **options}
    with connect(address, additional_headers=headers, **options) as socket:
        yield Browser(socket)


def publish(account_id: UUID, epoch: int, seq: int, prices: Mapping[int, str]) -> None:
    """One batch, as a worker publishes it; prices by con_id."""

    async def once() -> None:
        async with async_client() as connection:
            assert await quotes.publish(connection, account_id, epoch, seq, encoded(prices))

    asyncio.run(once())


def encoded(prices: Mapping[int, str]) -> dict[int, str]:
    return {con_id: json.dumps({"con_id": con_id, "bid": price}) for con_id, price in prices.items()}


def prices_of(message: Mapping[str, Any]) -> dict[int, str]:
    return {quote["con_id"]: quote["bid"] for quote in message["quotes"]}


def slow_browser(server: Any, account: Any) -> Any:
    """Its kernel holds little, so that what it doesn't read piles up at the server, which closes without a good-bye."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", server.port))
    return server.open_account(account, sock=narrow, max_queue=1, close_timeout=0.1)


# 100 instruments make 50 kB of a batch: a few dozen fill all that lies between server and browser.
PAD = "x" * 500


async def publish_many(account_id: UUID, con_ids: range, last: int) -> None:
    async with async_client() as connection:
        for seq in range(2, last + 1):
            batch = {con_id: json.dumps({"con_id": con_id, "bid": str(seq), "pad": PAD}) for con_id in con_ids}
            await quotes.publish(connection, account_id, 3, seq, batch)


def subscribers(account_id: UUID) -> int:
    return int(client().pubsub_numsub(keys.quotes(account_id))[0][1])


def closed_with(browser: Browser) -> int:
    with pytest.raises(ConnectionClosedError) as closed:
        hear_all(browser)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def hear_all(browser: Browser) -> None:
    while True:
        browser.hear()


def account_of(user: Any) -> Any:
    row = BrokerAccount.objects.create(user=user, name="His own", trading_mode="paper")
    GatewaySession.objects.create(account=row)
    return row


def append(account: Any, subject: str) -> int:
    """An event as services write it; its number."""
    with transaction.atomic():
        return events.append(account_id=account.pk, kind="notice", subject=subject, body={"text": subject}).number
