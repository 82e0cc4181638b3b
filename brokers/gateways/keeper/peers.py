"""Who is at the other end of a unix socket, by the kernel's word: unix(7), SO_PEERCRED."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Collection
from dataclasses import dataclass, field

_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    pid: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """Users, and users' first groups, who may ask. Root is one only when it is named."""

    uids: Collection[int] = field(default_factory=frozenset)
    gids: Collection[int] = field(default_factory=frozenset)

    def __contains__(self, peer: Peer) -> bool:
        return peer.uid in self.uids or peer.gid in self.gids


def peer_of(writer: asyncio.StreamWriter) -> Peer:
    connection = writer.get_extra_info("socket")
    return Peer(*_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)))
