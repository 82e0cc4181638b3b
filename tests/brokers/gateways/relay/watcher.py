"""A gateway's port in a thread, which reads everything and notes in which order things reached it.

When a connection comes, every older one is read to its end first. One that has no end yet is a second connection at the
same time, and that is noted: whatever came over it afterwards would have come after its owner was replaced.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType


@dataclass
class Connection:
    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    is_open: bool = True
    was_reset: bool = False

    def read_what_is_there(self) -> None:
        while self.is_open:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            except ConnectionError:
                self.was_reset, data = True, b""
            self.received += data
            self.is_open = bool(data)


class Watcher:
    """With `reads` off nothing is read by itself."""

    def __init__(self, *, reads: bool = True, echoes: bool = False) -> None:
        self.connections: list[Connection] = []
        self.second_connections = 0
        self._reads = reads
        self._echoes = echoes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._wake.close()
        self._thread.join(10)
        for connection in self.connections:
            connection.socket.close()
        for one in (self._listener, self._woken):
            one.close()

    @property
    def received(self) -> bytes:
        return b"".join(bytes(connection.received) for connection in self.connections)

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._woken in ready:
                    return
                if self._listener in ready:  # before the others are read: what came first has to be at its end by now
                    self._welcome(selector)
                self._read(selector, ready)

    def _welcome(self, selector: selectors.BaseSelector) -> None:
        for older in self.connections:
            if self._reads:
                older.read_what_is_there()
                self.second_connections += older.is_open
        newcomer, _ = self._listener.accept()
        newcomer.setblocking(False)
        self.connections.append(Connection(newcomer))
        if self._reads:
            selector.register(newcomer, selectors.EVENT_READ)

    def _read(self, selector: selectors.BaseSelector, ready: list[object]) -> None:
        for connection in self.connections:
            if connection.socket not in ready:
                continue
            before = len(connection.received)
            connection.read_what_is_there()
            if self._echoes:
                with contextlib.suppress(OSError):
                    connection.socket.send(connection.received[before:])
            if not connection.is_open:
                selector.unregister(connection.socket)
                connection.socket.close()
