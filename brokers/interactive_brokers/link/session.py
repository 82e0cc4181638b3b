"""One connection's worth of `ib_insync`, and the only face of it that the rest of this package sees."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

import logging
from datetime import UTC, datetime

from ib_insync import IB

from brokers.gateways.relay.words import Admission
from brokers.interactive_brokers.link.client import PacedClient
from brokers.interactive_brokers.link.decoder import TellingDecoder
from brokers.interactive_brokers.link.ears import Ears, Word
from brokers.interactive_brokers.link.outbox import Outbox
from brokers.interactive_brokers.link.relayed import RelayedConnection
from brokers.interactive_brokers.link.wrapper import FaithfulWrapper
from brokers.interactive_brokers.requests.account import AccountRequests
from brokers.interactive_brokers.requests.history import HistoryRequests
from brokers.interactive_brokers.requests.instruments import InstrumentRequests
from brokers.interactive_brokers.requests.market_data import MarketDataRequests
from brokers.interactive_brokers.requests.orders import OrderRequests
from brokers.interactive_brokers.requests.parts import Parts


class Session:
    """Made anew for every connection. Its questions have no deadline of their own: the connection gives them one.

    They raise `ib_insync`'s RequestError on a refusal and ConnectionError when the connection ends.
    """

    def __init__(self, ears: Ears, *, gateway_time_zone: str, admission: Admission | None = None) -> None:
        self._ib = _Library(gateway_time_zone=gateway_time_zone)
        self._wrapper = FaithfulWrapper(self._ib, ears)
        self._client = PacedClient(self._wrapper, ears)
        if admission is not None:
            self._client.go_through(RelayedConnection(admission))
        self._decoder = self._client.decoder = TellingDecoder(self._wrapper, ears)
        self._ib.wrapper, self._ib.client = self._wrapper, self._client
        self._ib.pendingTickersEvent += lambda tickers: ears.tell(Word.TICKERS, tickers)
        parts = Parts(self._ib, self._wrapper, self._client)
        self.instruments = InstrumentRequests(parts)
        self.market_data = MarketDataRequests(parts)
        self.history = HistoryRequests(parts)
        self.orders = OrderRequests(parts)
        self.account = AccountRequests(parts)
        self.closed = self._client.conn.disconnected  # an event: why, or an empty text

    @property
    def outbox(self) -> Outbox:
        """What waits to leave."""
        return self._client.outbox

    @property
    def is_ready(self) -> bool:
        return self._client.isReady()

    def is_request(self, number: int) -> bool:
        """Whether that id was given to something that is no order, be it over or not."""
        return number in self._client.request_ids

    @property
    def unreadable_messages(self) -> int:
        """How many of the gateway's messages nobody could read."""
        return self._decoder.unreadable

    @property
    def account_codes(self) -> list[str]:
        return list(self._wrapper.accounts)

    async def handshake(self, host: str, port: int, client_id: int) -> None:
        """The API's own handshake and nothing more. What `connectAsync` asks for afterwards, a resync asks for here:
        the library logs an answer that doesn't come and goes on as if it had been empty.
        """
        self._wrapper.clientId = client_id
        await self._client.connectAsync(host, port, client_id, timeout=None)

    def close(self) -> None:
        """Ends the connection once the socket has taken what it was handed."""
        self._client.disconnect()
        self._wrapper.abandon_requests()

    def abort(self) -> None:
        """Ends the connection at once, whether or not the other side still reads."""
        self._client.abort()
        self._client.reset()
        self._wrapper.abandon_requests()

    @property
    def last_heard(self) -> datetime:
        """When anything last came from the gateway."""
        heard: datetime = self._wrapper.lastTime
        return heard

    def silent_for(self) -> float:
        """Seconds since then."""
        return (datetime.now(UTC) - self.last_heard).total_seconds()

    async def current_time(self) -> datetime:
        return await self._ib.reqCurrentTimeAsync()


class _Library(IB):
    """`ib_insync` before it is given its parts.

    Not by its own __init__, which makes parts of its own, and asks for the account summary after every 1102 in a task
    that nobody waits for.
    """

    RaiseRequestErrors = True

    def __init__(self, *, gateway_time_zone: str) -> None:
        self._createEvents()
        self._logger = logging.getLogger("ib_insync.ib")
        self.TimezoneTWS = gateway_time_zone
