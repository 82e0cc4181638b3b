"""All that Redis is told while somebody listens: what is published, and tasks that are taken at once."""

from __future__ import annotations

import threading
from types import TracebackType

import redis

from tests.drills.searching.needle import Needle

PATIENCE = 0.5


class Overheard:
    """For the length of a `with` block, by MONITOR. `holds` says whether a needle was in any command by now."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=PATIENCE)
        self._connection = self._client.connection_pool.get_connection()
        self._lines: list[bytes] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Overheard:
        self._connection.send_command("MONITOR")
        self._connection.read_response()  # from here on nothing is missed
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        self._thread.join(10)
        self._connection.disconnect()
        self._client.close()

    def holds(self, needle: Needle) -> bool:
        return any(needle.is_in(line) for line in self._lines[:])

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                line = self._connection.read_response(disable_decoding=True, disconnect_on_error=False)
            except redis.TimeoutError:
                continue
            self._lines.append(bytes(line))
