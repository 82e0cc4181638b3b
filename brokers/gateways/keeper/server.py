"""The keeper at work: who asks is looked at first, then what; and the runtime answers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from brokers.gateways.base import Endpoint, GatewayError, GatewayRuntime, LoginWord, Tell
from brokers.gateways.keeper.answers import (
    LONGEST_LINE,
    endpoint_value,
    error_frame,
    refusal_frame,
    value_frame,
    word_frame,
)
from brokers.gateways.keeper.peers import Allowed, peer_of
from brokers.gateways.keeper.questions import (
    BadQuestion,
    Find,
    Logs,
    Question,
    Start,
    Stop,
    Sweep,
    WaitLoggedIn,
    parse_question,
)
from brokers.gateways.keeper.wire import LONGEST_FRAME, BadFrame, Frame, read_frame, write_frame

SOCKET_MODE = 0o660
_MOST_CONNECTIONS = 500

log = logging.getLogger(__name__)


class SocketTaken(Exception):
    """Another keeper answers there, or what lies there is no socket."""


class Keeper:
    def __init__(self, runtime: GatewayRuntime, allowed: Allowed) -> None:
        self._runtime = runtime
        self._allowed = allowed
        self._connections = 0

    @asynccontextmanager
    async def listening(self, path: Path, *, group: int | None = None) -> AsyncIterator[None]:
        """On a socket of mode 0660, in `group` when one is given. Raises SocketTaken."""
        _make_room(path)
        server = await asyncio.start_unix_server(self._serve, sock=_bound(path, group), limit=LONGEST_FRAME)
        try:
            yield
        finally:
            server.close()
            _remove(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            answer = await self._answer(reader, writer)
            await write_frame(writer, answer)
        except (OSError, TimeoutError):
            log.info("somebody who asked didn't wait for the answer")
        finally:
            self._connections -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Frame:
        peer = peer_of(writer)
        if peer not in self._allowed:
            log.warning("refused process %d of user %d and group %d", peer.pid, peer.uid, peer.gid)
            return refusal_frame(f"User {peer.uid} may ask nothing of the keeper.")
        if self._connections > _MOST_CONNECTIONS:
            return refusal_frame("The keeper has more questions than it can answer.")
        try:
            question = parse_question(await read_frame(reader))
        except (BadFrame, BadQuestion) as error:
            log.warning("process %d asked what makes no sense: %s", peer.pid, error)
            return refusal_frame(f"The keeper doesn't understand: {error}.")
        return await self._done(question, _teller(writer))

    async def _done(self, question: Question, tell: Tell) -> Frame:
        log.info("%s", _described(question))
        try:
            return value_frame(await self._do(question, tell))
        except GatewayError as error:
            return error_frame(error)
        except (OSError, TimeoutError):  # of `tell`: a runtime's own are GatewayErrors
            raise
        except Exception:
            log.exception("an error of ours")
            return refusal_frame("An error of the keeper's ended this; it is in its log.")

    async def _do(self, question: Question, tell: Tell) -> Any:
        match question:
            case Start(spec):
                return endpoint_value(await self._runtime.start(spec))
            case WaitLoggedIn(gateway_id, deadline):
                # Where to knock is read from the container itself: the keeper dials no address of a caller's.
                return await self._runtime.wait_logged_in(Endpoint("", 0, gateway_id), deadline=deadline, tell=tell)
            case Find(name):
                return endpoint_value(await self._runtime.find(name))
            case Stop(name):
                return await self._runtime.stop(name)
            case Logs(name, lines):
                return [line[:LONGEST_LINE] for line in await self._runtime.logs(name, lines=lines)]
            case Sweep(wanted, known, older_than):
                return await self._runtime.sweep(wanted=wanted, known=known, older_than=older_than)


def _teller(writer: asyncio.StreamWriter) -> Tell:
    async def tell(word: LoginWord) -> None:
        await write_frame(writer, word_frame(word))

    return tell


def _described(question: Question) -> str:
    """For the log: which gateway, and not whose login."""
    verb = type(question).__name__.lower()
    match question:
        case Start(spec):
            return f"{verb} {spec.name}"
        case WaitLoggedIn(gateway_id):
            return f"wait for the login of {gateway_id}"
        case Sweep(wanted, known):
            return f"{verb}: {len(wanted)} may run, of {len(known)} that exist"
        case Find(name) | Stop(name) | Logs(name):
            return f"{verb} {name}"


def _make_room(path: Path) -> None:
    """A keeper that was killed leaves its socket behind."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        if not stat.S_ISSOCK(path.stat().st_mode) or probe.connect_ex(str(path)) == 0:
            raise SocketTaken(f"{path} is taken: another keeper answers there, or it is no socket.")
    path.unlink()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _bound(path: Path, group: int | None) -> socket.socket:
    """Closed to everyone until its group and mode are set."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    if group is not None:
        os.chown(path, -1, group)
    path.chmod(SOCKET_MODE)
    return listener
