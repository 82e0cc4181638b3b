"""Connections: handshake, start of the API, one request after another, and the end.

What a client sends wrongly ends its own connection and no other.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from datetime import UTC, datetime

from brokers.simulator.clock import ib_time
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import session as messages
from brokers.simulator.pace import RATE
from brokers.simulator.requests import REQUESTS
from brokers.simulator.requests.base import RequestRefused
from brokers.simulator.session import Session
from brokers.simulator.wire import (
    GREETING,
    SERVER_VERSION,
    FieldError,
    Fields,
    WireError,
    decode,
    encode,
    integer,
    read_frame,
)

log = logging.getLogger(__name__)

# A client that connects says at once what it is; one that doesn't is no client.
HANDSHAKE_SECONDS = 10.0

_START_API = 71
_PLACE_ORDER = 3
_VERSIONS = re.compile(rb"v(\d{1,4})(?:\.\.(\d{1,4}))?(?: [ -~]*)?")


class ClientIdTaken(Exception):
    """Another connection has this client id. IB lets the older one live."""


class Server:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Starts to accept connections; returns the port, which the system chose when `port` is 0. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._remember(writer)
        session = Session(writer, peer=_peer(writer))
        try:
            await self._serve(session, reader, writer)
        except ClientIdTaken as error:
            self._refuse(session, str(error))
        except WireError as error:
            self._refuse(session, str(error))
            writer.transport.abort()
        except ConnectionError as error:
            log.info("%s is gone: %s", session.peer, error)
        finally:
            self._end(session)
            writer.close()

    def _remember(self, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections[task] = writer
            task.add_done_callback(self._connections.pop)

    async def _serve(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _shake_hands(reader, writer)
        while (body := await read_frame(reader)) is not None:
            self._receive(session, decode(body))
            await writer.drain()

    def _receive(self, session: Session, texts: list[str]) -> None:
        message_id = _message_id(texts)
        fields = Fields(texts[1:])
        if session.client_id is None:
            self._start(session, message_id, fields)
            return
        if not session.pace.allows(time.monotonic()):
            session.error(messages.NO_REQUEST, 100, f"Max rate of messages per second has been exceeded:max={RATE}")
            self._write_unreadable(session, message_id, "over the rate of messages")
            return
        try:
            self._answer(session, message_id, fields)
        except FieldError as error:
            request_id = _request_id(message_id, texts)
            session.error(request_id, 320, f"Server error when reading an API client request. {error}")
            self._write_unreadable(session, message_id, str(error))
        except RequestRefused as refusal:
            session.error(refusal.request_id, refusal.code, refusal.text)

    def _start(self, session: Session, message_id: int, fields: Fields) -> None:
        if message_id != _START_API:
            raise WireError(f"message {message_id} came before the API was started")
        try:
            fields.skip()
            client_id = fields.integer()
        except FieldError as error:
            raise WireError(f"startApi can't be read: {error}") from error
        self._admit(session, client_id)

    def _admit(self, session: Session, client_id: int) -> None:
        if self._gateway.sessions.get(client_id) is not None:
            text = "Unable to connect as the client id is already in use. Retry with a unique client id."
            session.error(messages.NO_REQUEST, 326, text)
            raise ClientIdTaken(f"client id {client_id} is in use")
        self._gateway.sessions.add(session, client_id)
        self._write(session, "opened")
        log.info("client %d connected from %s", client_id, session.peer)
        session.send(messages.managed_accounts(self._gateway.account_code))
        session.send(messages.next_valid_id(self._gateway.orders.next_order_id(client_id)))
        for code, text in messages.FARM_NOTICES:
            session.error(messages.NO_REQUEST, code, text)

    def _answer(self, session: Session, message_id: int, fields: Fields) -> None:
        request = REQUESTS.get(message_id)
        if request is None:
            session.error(messages.NO_REQUEST, 505, f"Fatal Error: Unknown message id. {message_id}")
            self._write_unreadable(session, message_id, "unknown message id")
            return
        request(self._gateway, session, fields)

    def _write_unreadable(self, session: Session, message_id: int, reason: str) -> None:
        log.warning("client %s sent message %d: %s", session.client_id, message_id, reason)
        self._gateway.ledger.write("unreadable", client_id=session.client_id, message_id=message_id, reason=reason)

    def _refuse(self, session: Session, reason: str) -> None:
        log.warning("connection from %s refused: %s", session.peer, reason)
        self._write(session, "refused", reason)

    def _end(self, session: Session) -> None:
        self._gateway.sessions.remove(session)
        if session.client_id is not None:
            log.info("client %d from %s disconnected", session.client_id, session.peer)
            self._write(session, "closed")

    def _write(self, session: Session, event: str, reason: str = "") -> None:
        self._gateway.ledger.write(
            "connection", event=event, client_id=session.client_id, peer=session.peer, reason=reason
        )


async def _shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Agrees on the version. Messages are laid out for one version alone, so a client must take exactly that."""
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            greeting = await reader.readexactly(len(GREETING))
            versions = await read_frame(reader) if greeting == GREETING else None
    except asyncio.IncompleteReadError as error:
        raise WireError("the connection ended before its greeting did") from error
    except TimeoutError as error:
        raise WireError(f"no greeting within {HANDSHAKE_SECONDS:g} s") from error
    _check_versions(versions)
    writer.write(encode([SERVER_VERSION, ib_time(datetime.now(UTC))]))


def _check_versions(versions: bytes | None) -> None:
    if versions is None:
        raise WireError("the greeting is not that of an API client")
    spoken = _VERSIONS.fullmatch(versions.rstrip(b"\0"))
    if spoken is None:
        raise WireError(f"{versions[:60]!r} are no versions")
    oldest, newest = int(spoken[1]), int(spoken[2] or spoken[1])
    if not oldest <= SERVER_VERSION <= newest:
        raise WireError(f"the client speaks versions {oldest} to {newest}, and this gateway {SERVER_VERSION}")


def _message_id(texts: list[str]) -> int:
    try:
        number = integer(texts[0])
    except FieldError as error:
        raise WireError(f"{texts[0][:60]!r} is no message id") from error
    if number is None:
        raise WireError("a message has no id")
    return number


def _request_id(message_id: int, texts: list[str]) -> int:
    """Whose order could not be read, when at least that much can be."""
    if message_id != _PLACE_ORDER or len(texts) < 2:
        return messages.NO_REQUEST
    try:
        return integer(texts[1]) or messages.NO_REQUEST
    except FieldError:
        return messages.NO_REQUEST


def _peer(writer: asyncio.StreamWriter) -> str:
    host, port, *_ = writer.get_extra_info("peername") or ("unknown", 0)
    return f"{host}:{port}"
