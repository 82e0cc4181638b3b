"""A browser's live socket during a drill: the numbered events that it got, gaps asked for as the page does."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.drills.clicks import Clicker

# Seconds. A socket that was lost is opened again after the first.
AGAIN, LISTEN, OPEN = 0.2, 0.5, 10.0


class Watcher:
    """Follows one account from a thread until `close`. `numbers` are those of the events, in the order they counted."""

    def __init__(self, url: str, clicker: Clicker) -> None:
        self._address = f"{url.replace('http', 'ws', 1)}/ws/accounts/{clicker.account.pk}/"
        self._origin: Any = url
        self._cookies = clicker.cookies
        self.numbers: list[int] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(OPEN + LISTEN)

    @property
    def newest(self) -> int:
        return self.numbers[-1] if self.numbers else 0

    def _follow(self) -> None:
        while not self._closing.wait(AGAIN):
            with suppress(OSError, WebSocketException, TimeoutError):
                self._listen()

    def _listen(self) -> None:
        with connect(
            self._address, origin=self._origin, additional_headers={"Cookie": self._cookies}, open_timeout=OPEN
        ) as socket:
            while not self._closing.is_set():
                with suppress(TimeoutError):
                    self._apply(socket, json.loads(socket.recv(timeout=LISTEN)))

    def _apply(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        """As `sequence.js` does: the next number counts, a later one is a gap to ask about, an earlier one is known."""
        if message["type"] == "hello" and message["last_event_number"] > self.newest:
            self._ask(socket)
        elif message["type"] == "event" and message["number"] == self.newest + 1:
            self.numbers.append(message["number"])
        elif message["type"] == "event" and message["number"] > self.newest:
            self._ask(socket)

    def _ask(self, socket: ClientConnection) -> None:
        socket.send(json.dumps({"type": "events", "after": self.newest}))
