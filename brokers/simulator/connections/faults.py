"""What can go wrong with bytes on their way to clients: late, cut, spoiled, in pieces.

An `Outlet` stands between a session and its socket, and nothing else knows of these faults.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from brokers.simulator.connections.link import Link, Passage

FOREVER = float("inf")

_PREFIX = 4
_HUGE = (2**31 - 1).to_bytes(_PREFIX, "big")
_UNKNOWN_MESSAGE = b"999\x001\x00what is this\x00"


def flip(frame: bytes, chance: random.Random) -> bytes:
    """Two bytes of the body are no longer what they were; its length still fits."""
    spoiled = bytearray(frame)
    for place in chance.sample(range(_PREFIX, len(frame)), k=min(2, len(frame) - _PREFIX)):
        spoiled[place] ^= 0x80
    return bytes(spoiled)


def declare_two_gib(frame: bytes, _chance: random.Random) -> bytes:
    return _HUGE + frame[_PREFIX:]


def garble(frame: bytes, _chance: random.Random) -> bytes:
    """A sound frame with a known message id, and one field that is no part of such a message."""
    return _framed(_message_id(frame) + b"\0no field of this message\0")


def precede_with_unknown(frame: bytes, _chance: random.Random) -> bytes:
    return _framed(_UNKNOWN_MESSAGE) + frame


CORRUPTIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": flip,
    "huge": declare_two_gib,
    "undecodable": garble,
    "unknown": precede_with_unknown,
}


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(_PREFIX, "big") + body


def _message_id(frame: bytes) -> bytes:
    return frame[_PREFIX : frame.find(b"\0", _PREFIX)]


@dataclass(slots=True)
class Aim:
    """Which frames a fault is for: the next `count` of one message (any, without one) to one client (or to any)."""

    count: int
    message_id: int | None
    client_id: int | None

    def takes(self, frame: bytes, client_id: int | None) -> bool:
        """Whether this frame is hit; a hit is counted."""
        if self.count <= 0 or self.client_id not in (None, client_id):
            return False
        if self.message_id is not None and _message_id(frame) != f"{self.message_id}".encode():
            return False
        self.count -= 1
        return True


class Faults:
    """What is wrong now with every client's bytes, or with those of some."""

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(f"{seed}/faults")
        self._outlets: set[Outlet] = set()
        self._cuts: list[Aim] = []
        self._corruptions: list[tuple[Aim, Callable[[bytes, random.Random], bytes]]] = []
        self._stalled_until = 0.0
        self.delay = 0.0
        self.is_split = False

    @property
    def is_idle(self) -> bool:
        """Whether bytes go as they are; the quick question before each frame."""
        return not (self.delay or self.is_split or self._cuts or self._corruptions or self._stalled_until)

    def cut(self, aim: Aim) -> None:
        self._cuts.append(aim)

    def corrupt(self, aim: Aim, kind: str) -> None:
        self._corruptions.append((aim, CORRUPTIONS[kind]))

    def stall(self, seconds: float) -> None:
        """Nothing goes out for so long; what is said meanwhile goes out then."""
        self._stalled_until = asyncio.get_running_loop().time() + seconds

    def stop(self) -> None:
        """Nothing goes out until `flow`."""
        self._stalled_until = FOREVER

    def flow(self) -> None:
        """Ends a stall: what waited for its end goes out now."""
        self._stalled_until = 0.0
        for outlet in self._outlets:
            outlet.hurry()

    def clear(self) -> None:
        """Everything is well again."""
        self.delay, self.is_split = 0.0, False
        self._cuts.clear()
        self._corruptions.clear()
        self.flow()

    def release(self) -> None:
        """The link carries again what waited for it."""
        for outlet in self._outlets:
            outlet.release()

    def add(self, outlet: Outlet) -> None:
        self._outlets.add(outlet)

    def remove(self, outlet: Outlet) -> None:
        self._outlets.discard(outlet)

    def due(self) -> float:
        """When a frame that is said now may leave, in the loop's time."""
        now = asyncio.get_running_loop().time()
        if self._stalled_until <= now:
            self._stalled_until = 0.0
        return max(now + self.delay, self._stalled_until)

    def cuts(self, frame: bytes, client_id: int | None) -> bool:
        hit = any(aim.takes(frame, client_id) for aim in self._cuts)
        self._cuts = [aim for aim in self._cuts if aim.count > 0]
        return hit

    def spoiled(self, frame: bytes, client_id: int | None) -> bytes:
        for aim, corruption in self._corruptions:
            if aim.takes(frame, client_id):
                frame = corruption(frame, self._chance)
                break
        self._corruptions = [one for one in self._corruptions if one[0].count > 0]
        return frame


class Outlet:
    """The way from one session to its socket."""

    def __init__(self, writer: asyncio.StreamWriter, *, link: Link, faults: Faults) -> None:
        self._writer = writer
        self._link = link
        self._faults = faults
        # What waits for the link, and what waits for its time.
        self._kept: list[bytes] = []
        self._late: deque[tuple[float, bytes]] = deque()
        # What is left of a frame that goes out byte by byte.
        self._bytes: deque[int] = deque()
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self.client_id: int | None = None
        faults.add(self)

    @property
    def is_closing(self) -> bool:
        return self._writer.is_closing()

    @property
    def unread(self) -> int:
        """How many bytes wait for the client, or for a fault to end."""
        return self._waiting + self._writer.transport.get_write_buffer_size()

    def greet(self, frame: bytes) -> None:
        """The answer to a greeting is the gateway's own: the link has no say in it."""
        self._send(frame)

    def write(self, frame: bytes) -> None:
        if not self._link.is_clear:
            passage = self._link.passage(frame)
            if passage is Passage.WAITS:
                self._kept.append(frame)
                self._waiting += len(frame)
            if passage is not Passage.GOES:
                return
        self._send(frame)

    def release(self) -> None:
        kept, self._kept = self._kept, []
        for frame in kept:
            self._waiting -= len(frame)
            self._send(frame)

    def _send(self, frame: bytes) -> None:
        if self._faults.is_idle and not self._late and not self._bytes:
            self._writer.write(frame)
            return
        self._late.append((self._faults.due(), frame))
        self._waiting += len(frame)
        self._deliver()

    def hurry(self) -> None:
        """What waits for its time goes now."""
        self._late = deque((0.0, frame) for _, frame in self._late)
        self._deliver()

    def _deliver(self) -> None:
        """Whatever is due, in the order in which it was said; comes back for the rest."""
        loop = asyncio.get_running_loop()
        while self._late and self._late[0][0] <= loop.time() and not self._bytes and not self.is_closing:
            self._put(self._late.popleft()[1])
        if self._timer is not None:
            self._timer.cancel()
        next_due = self._late[0][0] if self._late and not self._bytes and not self.is_closing else FOREVER
        self._timer = loop.call_at(next_due, self._deliver) if next_due < FOREVER else None

    def _put(self, frame: bytes) -> None:
        self._waiting -= len(frame)
        if self._faults.cuts(frame, self.client_id):
            self._writer.write(frame[: max(len(frame) // 2, _PREFIX + 1)])
            self._writer.close()
            return
        frame = self._faults.spoiled(frame, self.client_id)
        if self._faults.is_split:
            self._bytes.extend(frame)
            self._trickle()
        else:
            self._writer.write(frame)

    def _trickle(self) -> None:
        """One byte each time the loop comes round, so that the reader at the other end sees them one by one."""
        if self.is_closing:
            return
        if self._bytes:
            self._writer.write(bytes([self._bytes.popleft()]))
            asyncio.get_running_loop().call_soon(self._trickle)
        else:
            self._deliver()

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        """What waits for its time goes out before; what waits for the link is lost."""
        if not self.is_closing:
            self._writer.write(bytes(self._bytes) + b"".join(frame for _, frame in self._late))
        self._end()
        self._writer.close()

    def abort(self) -> None:
        self._end()
        self._writer.transport.abort()

    def _end(self) -> None:
        self._faults.remove(self)
        self._kept.clear()
        self._late.clear()
        self._bytes.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
