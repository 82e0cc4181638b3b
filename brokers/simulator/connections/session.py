"""One connected client: what it asked to hear about, and the way to say it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from brokers.simulator.connections.account_subscriptions import AccountSubscriptions
from brokers.simulator.connections.faults import Outlet
from brokers.simulator.connections.long_answers import LongAnswers
from brokers.simulator.connections.pace import Pace
from brokers.simulator.connections.subscriptions import QuoteSubscription, Streams
from brokers.simulator.messages import session as messages
from brokers.simulator.messages.quotes import LIVE
from brokers.simulator.wire import Value, encode

log = logging.getLogger(__name__)

# A client that stops reading is dropped before its unread quotes fill the memory.
UNREAD_LIMIT = 8 * 1024 * 1024


class Session:
    """Subscriptions are keyed by the client's own request ids."""

    def __init__(self, outlet: Outlet, *, peer: str, pace: Pace | None = None) -> None:
        self.outlet = outlet
        self.peer = peer
        self.client_id: int | None = None
        self.pace = pace or Pace()
        self.market_data_type = LIVE
        self.streams = Streams()
        self.accounts = AccountSubscriptions()
        self.long_answers = LongAnswers()

    @property
    def quotes(self) -> dict[int, QuoteSubscription]:
        """What it takes market data lines for."""
        return self.streams.quotes

    @property
    def is_closing(self) -> bool:
        return self.outlet.is_closing

    def send(self, fields: Iterable[Value]) -> None:
        self.send_frame(encode(fields))

    def send_frame(self, encoded: bytes) -> None:
        """A message that is in bytes already."""
        if self.is_closing:
            return
        self.outlet.write(encoded)
        if self.outlet.unread > UNREAD_LIMIT:
            log.warning("client %s of %s does not read; it is dropped", self.client_id, self.peer)
            self.outlet.abort()

    def error(self, request_id: int, code: int, text: str) -> None:
        self.send(messages.error(request_id, code, text))


class Sessions:
    """Connected clients by client id; an id belongs to one connection at a time."""

    def __init__(self) -> None:
        self._by_client_id: dict[int, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_client_id.values()))

    def get(self, client_id: int) -> Session | None:
        return self._by_client_id.get(client_id)

    def add(self, session: Session, client_id: int) -> None:
        session.client_id = client_id
        session.outlet.client_id = client_id
        self._by_client_id[client_id] = session

    def remove(self, session: Session) -> None:
        if session.client_id is not None and self._by_client_id.get(session.client_id) is session:
            del self._by_client_id[session.client_id]
