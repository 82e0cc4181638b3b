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
from ib_insync.wrapper import Wrapper

from brokers.interactive_brokers import convert
from brokers.interactive_brokers.budget import Lane, Lanes
from brokers.interactive_brokers.link.ears import Ears, Word

log = logging.getLogger(__name__)

# Beyond any message of IB's: a gateway that announces more is broken, and would be buffered for ever.
LARGEST_FRAME = 16 * 1024 * 1024

_PLACE, _CANCEL, _CANCEL_ALL = "3", "4", "58"
_ACCOUNT_KINDS = frozenset(
    {"5", "6", "7", "15", "16", "17", "49", "61", "62", "63", "64", "71", "76", "77", "92", "93", "94", "95", "99"}
)


class PacedClient(Client):
    """The library's socket client, with our lanes in front of the socket and a bound on what it buffers."""

    def __init__(self, wrapper: Wrapper, ears: Ears) -> None:
        loop = asyncio.get_running_loop()
        self._lanes = Lanes(self._write, now=loop.time, call_at=loop.call_at)
        self._placed: set[str] = set()
        self._ears = ears
        self.request_ids: set[int] = set()  # given to anything but an order
        super().__init__(wrapper)

    def reset(self) -> None:
        super().reset()
        self._lanes.clear()
        self._placed.clear()

    def getReqId(self) -> int:
        request_id = self.new_order_id()
        self.request_ids.add(request_id)
        return request_id

    def new_order_id(self) -> int:
        """By the same counter: the library and IB tell requests and orders apart by nothing."""
        order_id: int = super().getReqId()
        return order_id

    def send(self, *fields: Any, makeEmpty: bool = True) -> None:
        """Raises ValueError, before any byte leaves, when a text holds a control character."""
        bad = convert.unsendable(text for field in fields for text in _texts(field))
        if bad is not None:
            raise ValueError(f"{bad!r} holds a control character, which can't be sent to IB")
        super().send(*fields, makeEmpty=makeEmpty)

    def sendMsg(self, msg: str) -> None:
        self._lanes.send(self._lane_of(msg), msg)

    def _lane_of(self, message: str) -> Lane:
        kind, *fields = message.split("\0", 3)
        if kind == _PLACE:
            return self._lane_of_order(fields[0])
        if kind == _CANCEL:
            return self._where_it_waits(fields[1]) or Lane.CANCEL
        if kind == _CANCEL_ALL:
            return Lane.CANCEL
        return Lane.ACCOUNT if kind in _ACCOUNT_KINDS else Lane.DATA

    def _lane_of_order(self, order_id: str) -> Lane:
        if order_id not in self._placed:
            self._placed.add(order_id)
            return Lane.ORDER
        return self._where_it_waits(order_id) or Lane.MODIFY

    def _where_it_waits(self, order_id: str) -> Lane | None:
        """A cancel must not overtake the order that it cancels, or IB would not know that order yet."""
        prefix = f"{_PLACE}\0{order_id}\0"
        return next((lane for lane in (Lane.ORDER, Lane.MODIFY) if self._lanes.waits(lane, prefix)), None)

    def _write(self, message: str) -> None:
        self.conn.sendMsg(self._prefix(message.encode()))

    def _onSocketHasData(self, data: bytes) -> None:
        super()._onSocketHasData(data)
        announced = struct.unpack(">I", self._data[:4])[0] if len(self._data) >= 4 else 0
        if announced > LARGEST_FRAME:
            self._ears.tell(Word.UNREADABLE, f"a frame of {announced} bytes", False)
            self._ears.tell(Word.BROKEN, f"The gateway announced a message of {announced} bytes.")

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
