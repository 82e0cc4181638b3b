"""Where clients connect: the port, who may have which client id, and each connection from its handshake to its end.

What a client sends wrongly ends its own connection and no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from brokers.simulator.api import handshake
from brokers.simulator.api.intake import Intake
from brokers.simulator.connections.pace import Limits, Pace
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import session as messages
from brokers.simulator.messages.names import REQUEST_IDS
from brokers.simulator.wire import FieldError, Fields, WireError, decode, integer, read_frame

log = logging.getLogger(__name__)

# A client that connects says at once what it is; one that doesn't is no client.
HANDSHAKE_SECONDS = 10.0

# How long a client may take to read the last words said to it.
_LAST_WORDS_SECONDS = 1.0

_START_API = REQUEST_IDS["startApi"]


class ClientIdTaken(Exception):
    """Another connection has this client id. IB lets the older one live."""


class Server:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._connections: dict[asyncio.Task[None], Session] = {}
        self._listener: asyncio.Server | None = None
        self._host = ""
        self._is_awake = asyncio.Event()
        self._is_awake.set()
        self.port = 0
        self.limits = Limits()
        self.intake = Intake(gateway)
        # Client ids that somebody holds who isn't there.
        self.ghosts: set[int] = set()

    @property
    def is_listening(self) -> bool:
        return self._listener is not None

    @property
    def address(self) -> str:
        return f"{self._host}:{self.port}"

    async def listen(self, host: str, port: int) -> int:
        """Starts to accept connections; returns the port, which the system chose when `port` is 0. Raises OSError."""
        listener = await asyncio.start_server(self._accept, host, port)
        self.stop_listening()
        self._listener, self._host = listener, host
        self.port = listener.sockets[0].getsockname()[1]
        return self.port

    async def listen_again(self, port: int | None = None) -> int:
        """On the same address, and on the same port when none is named. Raises OSError."""
        return await self.listen(self._host, self.port if port is None else port)

    def stop_listening(self) -> None:
        """Whoever connects from now on is refused by the system; who is connected stays."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        self.stop_listening()
        self.wake()
        for session in self._connections.values():
            session.outlet.abort()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self.intake.slices.close()

    async def hang_up(self, sessions: Iterable[Session] | None = None) -> None:
        """Ends these connections, or all, after what was already said to them; returns when they are gone.

        A gateway that hangs wakes up for it.
        """
        self.wake()
        ending = set(self._connections.values() if sessions is None else sessions)
        tasks = {task for task, session in self._connections.items() if session in ending}
        for session in ending:
            session.outlet.close()
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_WORDS_SECONDS)
        for task, session in self._connections.items():
            if task in tasks:
                session.outlet.abort()
        await asyncio.gather(*tasks, return_exceptions=True)

    def hang(self) -> None:
        """From now on clients can connect and get no answer, and nothing more is said to those who are here."""
        self._is_awake.clear()
        self._gateway.faults.stop()

    def wake(self) -> None:
        """What was sent meanwhile is read now."""
        self._is_awake.set()
        self._gateway.faults.flow()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self._gateway.outlet(writer), peer=_peer(writer), pace=Pace(self.limits))
        self._remember(session)
        try:
            await self._serve(session, reader)
        except ClientIdTaken as error:
            self._refuse(session, str(error))
        except WireError as error:
            self._refuse(session, str(error))
            session.outlet.abort()
        except ConnectionError as error:
            log.info("%s is gone: %s", session.peer, error)
        finally:
            self._end(session)
            session.outlet.close()

    def _remember(self, session: Session) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections[task] = session
            task.add_done_callback(self._connections.pop)

    async def _serve(self, session: Session, reader: asyncio.StreamReader) -> None:
        await self._is_awake.wait()
        now = self._gateway.calendar.now
        session.outlet.greet(await handshake.agree(reader, seconds=HANDSHAKE_SECONDS, now=now))
        while (body := await read_frame(reader)) is not None:
            await self._is_awake.wait()
            if session.is_closing:
                return
            self._receive(session, decode(body))
            await session.outlet.drain()

    def _receive(self, session: Session, texts: list[str]) -> None:
        message_id = _message_id(texts)
        if session.client_id is None:
            self._start(session, message_id, Fields(texts[1:]))
        else:
            self.intake.receive(session, message_id, texts)

    def _start(self, session: Session, message_id: int, fields: Fields) -> None:
        if message_id != _START_API:
            raise WireError(f"message {message_id} came before the API was started")
        try:
            fields.skip()
            client_id = fields.integer()
        except FieldError as error:
            raise WireError(f"startApi can't be read: {error}") from error
        self.intake.watcher.before("connect")
        self._admit(session, client_id)
        self.intake.watcher.after("connect")

    def _admit(self, session: Session, client_id: int) -> None:
        if self._gateway.sessions.get(client_id) is not None or client_id in self.ghosts:
            text = "Unable to connect as the client id is already in use. Retry with a unique client id."
            session.error(messages.NO_REQUEST, 326, text)
            raise ClientIdTaken(f"client id {client_id} is in use")
        self._gateway.sessions.add(session, client_id)
        self._write(session, "opened")
        log.info("client %d connected from %s", client_id, session.peer)
        self._introduce(session, client_id)

    def _introduce(self, session: Session, client_id: int) -> None:
        session.send(messages.managed_accounts(self._gateway.managed_accounts))
        session.send(messages.next_valid_id(self._gateway.orders.next_order_id(client_id)))
        for code, text in self._gateway.farms.notices():
            session.error(messages.NO_REQUEST, code, text)
        broken = self._gateway.link.notice()
        if broken is not None:
            session.error(messages.NO_REQUEST, *broken)

    def _refuse(self, session: Session, reason: str) -> None:
        log.warning("connection from %s refused: %s", session.peer, reason)
        self._write(session, "refused", reason)

    def _end(self, session: Session) -> None:
        self._gateway.sessions.remove(session)
        if session.client_id is not None:
            log.info("client %d from %s disconnected", session.client_id, session.peer)
            self._write(session, "closed")
            self.intake.watcher.after("disconnect")

    def _write(self, session: Session, event: str, reason: str = "") -> None:
        self._gateway.ledger.write(
            "connection", event=event, client_id=session.client_id, peer=session.peer, reason=reason
        )


def _message_id(texts: list[str]) -> int:
    try:
        number = integer(texts[0])
    except FieldError as error:
        raise WireError(f"{texts[0][:60]!r} is no message id") from error
    if number is None:
        raise WireError("a message has no id")
    return number


def _peer(writer: asyncio.StreamWriter) -> str:
    host, port, *_ = writer.get_extra_info("peername") or ("unknown", 0)
    return f"{host}:{port}"
