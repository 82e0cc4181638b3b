"""A bare `ib_insync` client that notes when a quote's bytes came and when its callback was told.

`python -m tests.benchmarks.bare_ticks --port PORT --out FILE CON_ID...`: prints `ready` once it has a quote of each,
and at SIGTERM writes what it was told as JSON lines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ib_insync import IB, Contract, Ticker

HOST = "127.0.0.1"
CLIENT_ID = 101
DEADLINE = 10.0

# Linux's SO_TIMESTAMPNS, which Python's socket module doesn't name.
_STAMP = 35
_TIMESPEC = struct.Struct("@qq")

# bid, bid_size, ask, ask_size, last, last_size. Floats, as the bare client has them; None for what it has not.
Market = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """`received`: when the kernel had the last of the bytes, `at`: when the callback ran; seconds since 1970."""

    received: float
    at: float
    con_id: int
    market: Market


class StampedSocket(socket.socket):
    """Knows when the kernel received what was read last: on this machine, the moment when it was written."""

    stamp: float

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        content, extras, _, _ = self.recvmsg(size, socket.CMSG_SPACE(_TIMESPEC.size), flags)
        for level, kind, value in extras:
            if (level, kind) == (socket.SOL_SOCKET, _STAMP):
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                self.stamp = seconds + nanoseconds / 1e9
        return content


class Notes:
    """Everything that the callbacks were told."""

    def __init__(self, stamped: StampedSocket) -> None:
        self.told: list[Told] = []
        self._socket = stamped

    def add(self, ticker: Ticker) -> None:
        at = time.time()
        shown = (ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize, ticker.last, ticker.lastSize)
        self.told.append(Told(self._socket.stamp, at, ticker.contract.conId, tuple(map(_known, shown))))

    def as_lines(self) -> str:
        return "".join(json.dumps(asdict(told)) + "\n" for told in self.told)


def _known(value: float) -> float | None:
    """The library's NaN stands for what it was never told."""
    return None if value != value else value


async def main() -> None:
    options = _options()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    ib, stamped = IB(), await _connected(options.port)
    notes = Notes(stamped)
    _use_socket(ib, stamped)
    await ib.connectAsync(HOST, options.port, clientId=CLIENT_ID, timeout=DEADLINE)
    for con_id in options.con_ids:
        await _subscribe(ib, con_id, notes)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await ended.wait()
    options.out.write_text(notes.as_lines())
    ib.disconnect()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bare_ticks")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("con_ids", type=int, nargs="+")
    return parser.parse_args()


async def _connected(port: int) -> StampedSocket:
    stamped = StampedSocket()
    stamped.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
    stamped.setblocking(False)
    async with asyncio.timeout(DEADLINE):
        await asyncio.get_running_loop().sock_connect(stamped, (HOST, port))
    return stamped


def _use_socket(ib: IB, stamped: StampedSocket) -> None:
    """The library opens a socket of its own; nothing else of it is touched."""
    connection = ib.client.conn

    async def connect(_host: str, _port: int) -> None:
        loop = asyncio.get_running_loop()
        connection.reset()
        connection.transport, _ = await loop.create_connection(lambda: connection, sock=stamped)

    connection.connectAsync = connect


async def _subscribe(ib: IB, con_id: int, notes: Notes) -> None:
    [contract] = await ib.qualifyContractsAsync(Contract(conId=con_id))
    ticker = ib.reqMktData(contract)
    ticker.updateEvent += notes.add
    async with asyncio.timeout(DEADLINE):
        await ticker.updateEvent


def read_told(path: Path) -> Iterator[Told]:
    for line in path.read_text().splitlines():
        row = json.loads(line)
        yield Told(row["received"], row["at"], row["con_id"], tuple(row["market"]))


if __name__ == "__main__":
    asyncio.run(main())
