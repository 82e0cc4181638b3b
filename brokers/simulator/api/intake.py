"""What becomes of each message of a client: served, refused, kept for later or, as IB does with some, ignored."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from brokers.simulator.api.requests import REQUESTS
from brokers.simulator.api.requests.base import RequestRefused
from brokers.simulator.api.rows import request_row
from brokers.simulator.api.slices import Slices
from brokers.simulator.connections.link import COMPETING, COMPETING_TEXT, STREAM_REQUESTS, Waiting
from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import session as messages
from brokers.simulator.messages.names import REQUEST_IDS, request_id, request_name
from brokers.simulator.wire import FieldError, Fields, integer

log = logging.getLogger(__name__)

_PLACE_ORDER = REQUEST_IDS["placeOrder"]
# The desk writes a row of its own for each of these that reaches it.
_HAVE_ROWS = frozenset((_PLACE_ORDER, REQUEST_IDS["cancelOrder"], REQUEST_IDS["reqGlobalCancel"]))
# A client asks what time it is every few seconds, only to hear that somebody is there.
_HEARTBEATS = frozenset((REQUEST_IDS["reqCurrentTime"],))
_WITHOUT_ROW = _HAVE_ROWS | _HEARTBEATS
_DEFINITION_REQUESTS = frozenset((REQUEST_IDS["reqContractDetails"],))
_HISTORY_REQUESTS = frozenset(
    REQUEST_IDS[name] for name in ("reqHistoricalData", "reqHeadTimeStamp", "reqHistogramData", "reqHistoricalTicks")
)
_NO_DEFINITION = "No security definition has been found for the request"
_NO_HISTORY = "Historical Market Data Service error message:HMDS server disconnect occurred."


class Watcher(Protocol):
    """Who is told of each request, by IB's name, and of each `connect` and `disconnect`."""

    def before(self, event: str) -> None: ...

    def after(self, event: str) -> None: ...


class Nobody:
    """Watches nothing."""

    def before(self, event: str) -> None: ...

    def after(self, event: str) -> None: ...


@dataclass(slots=True)
class Ignored:
    """The next `count` requests of one kind get no answer; of every client, or of one."""

    message_id: int
    count: int
    client_id: int | None

    def takes(self, message_id: int, client_id: int | None) -> bool:
        if self.count <= 0 or self.message_id != message_id or self.client_id not in (None, client_id):
            return False
        self.count -= 1
        return True


class Intake:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._ignored: list[Ignored] = []
        self.watcher: Watcher = Nobody()
        self.slices = Slices()

    def ignore(self, request: Ignored) -> None:
        self._ignored.append(request)

    def stop_ignoring(self) -> None:
        self._ignored.clear()

    def receive(self, session: Session, message_id: int, texts: list[str]) -> None:
        if not session.pace.allows(time.monotonic()):
            self._refuse_for_rate(session, message_id)
            return
        name = request_name(message_id)
        self.watcher.before(name)
        self._pass_on(session, message_id, texts, then=lambda: self.watcher.after(name))

    def _refuse_for_rate(self, session: Session, message_id: int) -> None:
        text = f"Max rate of messages per second has been exceeded:max={session.pace.rate}"
        session.error(messages.NO_REQUEST, 100, text)
        self._write_unreadable(session, message_id, "over the rate of messages")
        if session.pace.is_exhausted:
            log.warning("client %s went over the rate too often; it is dropped", session.client_id)
            session.outlet.close()

    def _pass_on(self, session: Session, message_id: int, texts: list[str], *, then: Callable[[], None]) -> None:
        """`then` is called when the request was served, or put aside."""
        if self._takes_no_notice(session, message_id):
            self._write(session, message_id, texts, fate="ignored")
            then()
        elif self._gateway.link.keeps(message_id):
            self._write(session, message_id, texts, fate="waits")
            serve = partial(self._serve, session, message_id, texts)
            self._gateway.link.keep(Waiting(message_id, serve, lambda: session.is_closing))
            then()
        else:
            if message_id not in _WITHOUT_ROW:
                self._write(session, message_id, texts, fate="served")
            self._serve(session, message_id, texts, then)

    def _takes_no_notice(self, session: Session, message_id: int) -> bool:
        hit = any(one.takes(message_id, session.client_id) for one in self._ignored)
        self._ignored = [one for one in self._ignored if one.count > 0]
        return hit

    def _serve(
        self, session: Session, message_id: int, texts: list[str], then: Callable[[], None] = lambda: None
    ) -> None:
        """An answer that takes long to make is begun: what becomes of it is said, and `then` called, when it's done."""

        def done(error: Exception | None) -> None:
            if error is not None:
                self._say(error, session, message_id, texts)
            then()

        try:
            self._refuse_for_farms(message_id, texts)
            answer = self._answer(session, message_id, texts)
            self._tell_of_competitor(session, message_id, texts)
        except Exception as error:  # noqa: BLE001 - said by `done`
            done(error)
            return
        if answer is None:
            done(None)
        else:
            self.slices.begin(session, answer, done)

    def _say(self, error: Exception, session: Session, message_id: int, texts: list[str]) -> None:
        if isinstance(error, FieldError):
            about = _about(message_id, texts) if message_id == _PLACE_ORDER else messages.NO_REQUEST
            session.error(about, 320, f"Server error when reading an API client request. {error}")
            self._write_unreadable(session, message_id, str(error))
        elif isinstance(error, RequestRefused):
            session.error(error.request_id, error.code, error.text)
        else:
            # A defect of this gateway. As at IB it costs the client this one request, and not its connection.
            log.error("message %d of client %s could not be served", message_id, session.client_id, exc_info=error)
            text = f"Server error when processing an API client request. {request_name(message_id)} failed"
            session.error(_about(message_id, texts), 320, text)
            self._write_unreadable(session, message_id, "serving it failed")

    def _answer(self, session: Session, message_id: int, texts: list[str]) -> LongAnswer | None:
        request = REQUESTS.get(message_id)
        if request is None:
            session.error(messages.NO_REQUEST, 505, f"Fatal Error: Unknown message id. {message_id}")
            self._write_unreadable(session, message_id, "unknown message id")
            return None
        return request(self._gateway, session, Fields(texts[1:]))

    def _refuse_for_farms(self, message_id: int, texts: list[str]) -> None:
        """A farm that is away answers as IB does in its maintenance window; asked again later, it knows."""
        farms = self._gateway.farms
        if message_id in _DEFINITION_REQUESTS and not farms.has_definitions:
            raise RequestRefused(_about(message_id, texts), 200, _NO_DEFINITION)
        if message_id in _HISTORY_REQUESTS and not farms.has_history:
            raise RequestRefused(_about(message_id, texts), 162, _NO_HISTORY)

    def _tell_of_competitor(self, session: Session, message_id: int, texts: list[str]) -> None:
        if self._gateway.link.has_competitor and message_id in STREAM_REQUESTS:
            session.error(_about(message_id, texts), COMPETING, COMPETING_TEXT)

    def _write(self, session: Session, message_id: int, texts: list[str], *, fate: str) -> None:
        self._gateway.ledger.write("request", **request_row(session.client_id, message_id, texts, fate))

    def _write_unreadable(self, session: Session, message_id: int, reason: str) -> None:
        log.warning("client %s sent message %d: %s", session.client_id, message_id, reason)
        self._gateway.ledger.write("unreadable", client_id=session.client_id, message_id=message_id, reason=reason)


def _about(message_id: int, texts: list[str]) -> int:
    """The request's own number, when at least that can be read."""
    try:
        return integer(request_id(message_id, texts) or "") or messages.NO_REQUEST
    except FieldError:
        return messages.NO_REQUEST
