"""One connected client: what it asked to hear about, and the way to say it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from brokers.simulator.messages import session as messages
from brokers.simulator.messages.quotes import LIVE
from brokers.simulator.pace import Pace
from brokers.simulator.valuation import Figure
from brokers.simulator.wire import Value, encode

log = logging.getLogger(__name__)

# A client that stops reading is dropped before its unread quotes fill the memory.
UNREAD_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class QuoteSubscription:
    request_id: int
    con_id: int
    kind: int


@dataclass(slots=True)
class SummarySubscription:
    """`sent` is what the client was told last; only what differs is told again."""

    tags: frozenset[str]
    sent: set[Figure] = field(default_factory=set)

    def wants_currency(self, currency: str) -> bool:
        """`$LEDGER` is the base currency's balances, `$LEDGER:EUR` one currency's, `$LEDGER:ALL` every one's."""
        if "$LEDGER:ALL" in self.tags or f"$LEDGER:{currency}" in self.tags:
            return True
        return "$LEDGER" in self.tags and currency == "BASE"


class Session:
    """Subscriptions are keyed by the client's own request ids."""

    def __init__(self, writer: asyncio.StreamWriter, *, peer: str) -> None:
        self._writer = writer
        self.peer = peer
        self.client_id: int | None = None
        self.pace = Pace()
        self.market_data_type = LIVE
        self.quotes: dict[int, QuoteSubscription] = {}
        self.summaries: dict[int, SummarySubscription] = {}
        self.updates_multi: dict[int, set[Figure]] = {}
        self.positions_multi: set[int] = set()
        self.pnl: set[int] = set()
        self.pnl_single: dict[int, int] = {}
        self.wants_positions = False
        self.account_updates: set[Figure] | None = None

    @property
    def is_closing(self) -> bool:
        return self._writer.is_closing()

    def send(self, fields: Iterable[Value]) -> None:
        if self.is_closing:
            return
        self._writer.write(encode(fields))
        if self._writer.transport.get_write_buffer_size() > UNREAD_LIMIT:
            log.warning("client %s of %s does not read; it is dropped", self.client_id, self.peer)
            self._writer.transport.abort()

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
        self._by_client_id[client_id] = session

    def remove(self, session: Session) -> None:
        if session.client_id is not None and self._by_client_id.get(session.client_id) is session:
            del self._by_client_id[session.client_id]
