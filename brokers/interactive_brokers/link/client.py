"""The library's socket client with our own sending in front of it.

The library's queue is first in, first out: a cancel would wait behind every subscription before it.
"""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: N802, N803 - the names of what is overridden
# The library's client carries no annotations; `session` is the typed face of it.

from __future__ import annotations

import asyncio
import logging
import struct
from typing import Any

from ib_insync import Contract, TagValue
from ib_insync.client import Client
from ib_insync.connection import Connection
from ib_insync.wrapper import Wrapper

from brokers.interactive_brokers import convert
from brokers.interactive_brokers.link.ears import Ears, Word
from brokers.interactive_brokers.link.outbox import Outbox

log = logging.getLogger(__name__)

# Beyond any message of IB's: a gateway that announces more is broken, and would be buffered for ever.
LARGEST_FRAME = 16 * 1024 * 1024


class PacedClient(Client):
    """The library's socket client, with our lanes in front of the socket and a bound on what it buffers."""

    def __init__(self, wrapper: Wrapper, ears: Ears) -> None:
        self.request_ids: set[int] = set()  # given to anything but an order
        self.outbox = Outbox(self._write, is_request=self.request_ids.__contains__)
        self._ears = ears
        super().__init__(wrapper)

    def reset(self) -> None:
        super().reset()
        self.outbox.clear()

    def getReqId(self) -> int:
        request_id: int = super().getReqId()
        self.request_ids.add(request_id)
        return request_id

    @property
    def next_id(self) -> int:
        """No request and no order from now on has a lower one."""
        next_id: int = self._reqIdSeq
        return next_id

    def new_order_id(self) -> int:
        """By the same counter: the library and IB tell requests and orders apart by nothing."""
        order_id: int = super().getReqId()
        self.outbox.expect_order(order_id)
        return order_id

    def send(self, *fields: Any, makeEmpty: bool = True) -> None:
        """Raises ValueError, before any byte leaves, when a text holds a control character."""
        bad = convert.unsendable(text for field in fields for text in _texts(field))
        if bad is not None:
            raise ValueError(f"{bad!r} holds a control character, which can't be sent to IB")
        super().send(*fields, makeEmpty=makeEmpty)

    def sendMsg(self, msg: str) -> None:
        self.outbox.send(msg)

    def _write(self, message: str) -> None:
        self.conn.sendMsg(self._prefix(message.encode()))

    def _onSocketHasData(self, data: bytes) -> None:
        super()._onSocketHasData(data)
        announced = struct.unpack(">I", self._data[:4])[0] if len(self._data) >= 4 else 0
        if announced > LARGEST_FRAME:
            self._ears.tell(Word.UNREADABLE, f"a frame of {announced} bytes", False)
            self._ears.tell(Word.BROKEN, f"The gateway announced a message of {announced} bytes.")

    def go_through(self, connection: Connection) -> None:
        """Before it connects: in place of the library's own connection."""
        self.conn = connection
        connection.hasData += self._onSocketHasData
        connection.disconnected += self._onSocketDisconnected

    def _onSocketDisconnected(self, msg: str) -> None:
        """Also called by the library for a gateway that is too old: it leaves that connection open, and waits on."""
        version, is_refused = self._serverVersion, self.conn.isConnected()
        super()._onSocketDisconnected(msg)
        if is_refused:
            self._ears.tell(
                Word.BROKEN,
                f"The gateway speaks version {version} of the API's protocol, and the oldest that is understood here "
                f"is {self.MinClientVersion}: update the gateway.",
            )

    def abort(self) -> None:
        """Ends the connection at once, whether or not the other side still reads."""
        transport: asyncio.Transport | None = self.conn.transport
        if transport is not None:
            transport.abort()


def _texts(field: Any) -> list[str]:
    if isinstance(field, str):
        return [field]
    if isinstance(field, Contract):
        return [value for value in vars(field).values() if isinstance(value, str)]
    if isinstance(field, list):
        return [text for item in field if isinstance(item, TagValue) for text in (str(item.tag), str(item.value))]
    return []
